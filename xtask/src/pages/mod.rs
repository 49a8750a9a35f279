//! Pages in the layout of the registries, rendered from the schema that a core read from the provider, from the
//! hand-written parts below `templates/` and from the examples.
//!
//! Templates and examples stand where `tfplugindocs` expects them: `templates/<kind>/<name>.md.tmpl`, else
//! `templates/<kind>.md.tmpl`; `examples/<kind>/<full name>/<singular>.tf`.

mod attributes;
mod function;
mod schema;
mod settings;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

pub use schema::ProviderSchema;
use schema::{Block, Function};
use template::Directive;

/// Every page by its path below `docs/`.
///
/// # Errors
/// When a template or an example is missing or a template asks for something that is not there.
pub fn render(schema: &ProviderSchema, root: &Path) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let mut pages = BTreeMap::new();
    for subject in subjects(schema) {
        let (path, text) = subject.page(schema, root).with_context(|| format!("in the page of {}", subject.name))?;
        pages.insert(path, text);
    }
    for guide in guides(root)? {
        let text = read(&root.join("templates/guides").join(format!("{guide}.tmpl")))?;
        let text = template::expand(&text, &mut |directive| common(directive, schema, root))
            .with_context(|| format!("in the guide {guide}"))?;
        pages.insert(Path::new("guides").join(guide), text);
    }
    Ok(pages)
}

/// The files below `docs/` that come from here: those rendered, and those of kinds that are always rendered.
///
/// # Errors
/// When a folder cannot be read.
pub fn committed(root: &Path, rendered: &BTreeMap<PathBuf, String>) -> anyhow::Result<BTreeSet<PathBuf>> {
    let docs = root.join("docs");
    let mut found: BTreeSet<PathBuf> = rendered.keys().filter(|path| docs.join(path).is_file()).cloned().collect();
    for kind in KINDS {
        found
            .extend(file_names(&docs.join(kind.folder()))?.into_iter().map(|name| Path::new(kind.folder()).join(name)));
    }
    Ok(found)
}

/// What a page is about.
struct Subject<'a> {
    kind: Kind,
    /// The full name, such as `cxone_access_token`; `cxone` for the provider.
    name: String,
    content: Content<'a>,
}

enum Content<'a> {
    Block(&'a Block),
    Function(&'a Function),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Provider,
    EphemeralResource,
    DataSource,
    Resource,
    Function,
}

fn subjects(schema: &ProviderSchema) -> Vec<Subject<'_>> {
    let blocks = [
        (Kind::EphemeralResource, &schema.ephemeral_resource_schemas),
        (Kind::DataSource, &schema.data_source_schemas),
        (Kind::Resource, &schema.resource_schemas),
    ];
    let mut subjects = vec![Subject {
        kind: Kind::Provider,
        name: schema::PROVIDER.to_owned(),
        content: Content::Block(&schema.provider.block),
    }];
    for (kind, objects) in blocks {
        subjects.extend(objects.iter().map(|(name, object)| Subject {
            kind,
            name: name.clone(),
            content: Content::Block(&object.block),
        }));
    }
    subjects.extend(schema.functions.iter().map(|(name, function)| Subject {
        kind: Kind::Function,
        name: name.clone(),
        content: Content::Function(function),
    }));
    subjects
}

impl Subject<'_> {
    fn page(&self, schema: &ProviderSchema, root: &Path) -> anyhow::Result<(PathBuf, String)> {
        let text = read(&self.template(root))?;
        let text = template::expand(&text, &mut |directive| match self.expand(directive, root)? {
            Some(text) => Ok(text),
            None => common(directive, schema, root),
        })?;
        Ok((self.path(), text))
    }

    /// Where the page stands below `docs/`.
    fn path(&self) -> PathBuf {
        match self.kind {
            Kind::Provider => PathBuf::from("index.md"),
            kind => Path::new(kind.folder()).join(format!("{}.md", self.short_name())),
        }
    }

    /// The template of this page, else that of its kind.
    fn template(&self, root: &Path) -> PathBuf {
        let templates = root.join("templates");
        let own = templates.join(format!("{}.tmpl", self.path().display()));
        if own.is_file() { own } else { templates.join(format!("{}.md.tmpl", self.kind.folder())) }
    }

    fn expand(&self, directive: &Directive, root: &Path) -> anyhow::Result<Option<String>> {
        let text = match (directive.name.as_str(), &self.content) {
            ("front_matter", _) => self.front_matter(),
            ("title", _) => self.title(),
            ("description", Content::Block(block)) => block.description.clone(),
            ("description", Content::Function(function)) => function.description.clone(),
            ("example", _) if directive.argument.is_none() => self.example(root)?,
            ("schema", Content::Block(block)) => attributes::render(block),
            ("import", Content::Block(_)) => self.import(root)?,
            ("signature", Content::Function(function)) => function::signature(&self.name, function),
            ("arguments", Content::Function(function)) => function::arguments(function),
            ("result", Content::Function(function)) => function::result(function),
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    fn front_matter(&self) -> String {
        let (name, kind) = (&self.name, self.kind.title());
        let title = match self.kind {
            Kind::Provider => "cxone Provider".to_owned(),
            Kind::Function => format!("{name} function - cxone"),
            _ => format!("{name} {kind} - cxone"),
        };
        let description = match &self.content {
            Content::Block(block) => &block.description,
            Content::Function(function) => &function.summary,
        };
        let description: Vec<_> = plain(description).lines().map(|line| format!("  {line}")).collect();
        format!(
            "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n{}\n---\n\n{GENERATED}",
            description.join("\n")
        )
    }

    fn title(&self) -> String {
        match self.kind {
            Kind::Provider => "# cxone Provider".to_owned(),
            Kind::Function => format!("# function: {}", self.name),
            kind => format!("# {} ({})", self.name, kind.title()),
        }
    }

    fn example(&self, root: &Path) -> anyhow::Result<String> {
        let folder = match self.kind {
            Kind::Provider => "provider".to_owned(),
            kind => format!("{}/{}", kind.folder(), self.name),
        };
        let text = read(&root.join(format!("examples/{folder}/{}.tf", self.kind.singular())))?;
        Ok(format!("## Example Usage\n\n{}", code("terraform", &text)))
    }

    fn import(&self, root: &Path) -> anyhow::Result<String> {
        let folder = root.join(format!("examples/{}/{}", self.kind.folder(), self.name));
        let block = read(&folder.join("import.tf"))?;
        let command = read(&folder.join("import.sh"))?;
        Ok(format!(
            "## Import\n\nIn Terraform 1.5 and OpenTofu 1.6 and later, with an `import` block:\n\n{}\n\nOr with the \
             command:\n\n{}",
            code("terraform", &block),
            code("shell", &command)
        ))
    }

    fn short_name(&self) -> &str {
        self.name.strip_prefix(schema::PROVIDER).and_then(|name| name.strip_prefix('_')).unwrap_or(&self.name)
    }
}

impl Kind {
    /// Its folder below `docs`, `templates` and `examples`, the file of its example there, and its name in titles.
    fn names(self) -> [&'static str; 3] {
        match self {
            Self::Provider => ["provider", "provider", "Provider"],
            Self::EphemeralResource => ["ephemeral-resources", "ephemeral-resource", "Ephemeral Resource"],
            Self::DataSource => ["data-sources", "data-source", "Data Source"],
            Self::Resource => ["resources", "resource", "Resource"],
            Self::Function => ["functions", "function", "function"],
        }
    }

    fn folder(self) -> &'static str {
        self.names()[0]
    }

    fn singular(self) -> &'static str {
        self.names()[1]
    }

    fn title(self) -> &'static str {
        self.names()[2]
    }
}

/// What every template may ask for.
fn common(directive: &Directive, schema: &ProviderSchema, root: &Path) -> anyhow::Result<String> {
    let file = |folder: &str| {
        let path = directive.argument.as_ref().context("a file name is missing")?;
        read(&root.join(folder).join(path))
    };
    match directive.name.as_str() {
        "generated" => Ok(GENERATED.to_owned()),
        "tffile" => Ok(code("terraform", &file("examples")?)),
        "shellfile" => Ok(code("shell", &file("examples")?)),
        "scene" => Ok(code("terraform", &file("templates/scenes")?)),
        "captured" => Ok(code("text", &file("templates/captured")?)),
        "part" => Ok(file("templates/parts")?.trim().to_owned()),
        "environment" => settings::table(&schema.provider.block),
        name => bail!("there is no `{name}` here"),
    }
}

fn guides(root: &Path) -> anyhow::Result<Vec<String>> {
    let names = file_names(&root.join("templates/guides"))?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(".tmpl")).map(str::to_owned).collect())
}

/// The names in a folder, sorted; none when it is not there.
fn file_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let names: Result<BTreeSet<_>, _> =
        entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect();
    Ok(names.with_context(|| format!("cannot read {}", folder.display()))?.into_iter().collect())
}

fn code(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```", text.trim_end())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Markdown without its marks, for the front matter.
fn plain(markdown: &str) -> String {
    markdown.replace(['`', '*'], "")
}

const KINDS: [Kind; 4] = [Kind::EphemeralResource, Kind::DataSource, Kind::Resource, Kind::Function];

/// Where it is set, the tests write what they render instead of comparing it with what is committed.
pub const WRITE_VARIABLE: &str = "CXONE_WRITE_DOCS";

const GENERATED: &str =
    "<!-- Rendered by `cargo xtask docs` from the schema, templates/ and examples/: change it there. -->";
