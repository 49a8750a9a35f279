//! The rules of the house that a compiler does not check: layers, and the size of files.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines of a file before its tests.
const MAX_LINES: usize = 300;
const MAX_LINES_OF_MAIN: usize = 60;

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// What stands before the tests at the file's end.
    fn production(&self) -> &str {
        let tests = |(index, attribute): (usize, &str)| {
            let next_line = self.text[index + attribute.len()..].lines().next()?;
            next_line.ends_with("mod tests {").then_some(index)
        };
        let end = self.text.match_indices("\n#[cfg(test)]\n").find_map(tests);
        &self.text[..end.unwrap_or(self.text.len())]
    }

    /// The folder or file below `src/` that it belongs to: its layer.
    fn layer(&self) -> &str {
        let first = self.path.iter().next().unwrap();
        first.to_str().unwrap().trim_end_matches(".rs")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(Source { path: path.strip_prefix(&root).unwrap().to_owned(), text });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// The modules of this crate that `text` names in paths, also within the braces of an import.
fn named_modules(text: &str) -> Vec<String> {
    let crate_names = ["crate::", "terraform_provider_cxone::"];
    let tails = crate_names.into_iter().flat_map(|name| text.split(name).skip(1));
    let mut modules = Vec::new();
    for tail in tails {
        match tail.strip_prefix('{') {
            None => modules.push(identifier(tail)),
            Some(group) => modules.extend(first_segments(group)),
        }
    }
    modules
}

/// The first segment of every path in a brace group.
fn first_segments(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut segments = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => segments.push(String::new()),
            _ if depth == 0 => segments.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    segments.iter().map(|segment| identifier(segment.trim())).filter(|segment| !segment.is_empty()).collect()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

#[test]
fn layers_point_down_only() {
    let forbidden = |layer: &str| match layer {
        "plugin" => &["oauth", "provider", "doctor"][..],
        "oauth" => &["plugin", "provider", "doctor"][..],
        "provider" => &["doctor"][..],
        _ => &[][..],
    };
    for source in sources() {
        for module in named_modules(&source.text) {
            let wrong = forbidden(source.layer()).contains(&&*module);
            assert!(!wrong, "{} must not use `{module}`", source.path.display());
        }
    }
}

#[test]
fn the_framework_is_reached_through_the_plugin_layer() {
    for source in sources().iter().filter(|source| source.layer() != "plugin") {
        assert!(!source.text.contains("tf_provider::"), "{} goes past the plugin layer", source.path.display());
    }
}

#[test]
fn the_environment_is_read_in_one_file_a_layer() {
    let reads = |source: &Source| source.text.contains("env::var");
    let found: Vec<_> = sources().into_iter().filter(reads).map(|source| source.path).collect();
    assert_eq!(found, ["plugin/environment.rs", "provider/env.rs"].map(PathBuf::from));
}

#[test]
fn the_plugin_layer_does_not_know_what_the_provider_is_for() {
    let plugin: Vec<Source> = sources().into_iter().filter(|source| source.layer() == "plugin").collect();
    assert!(plugin.len() > 20, "the plugin layer was not found");
    for source in plugin {
        let text = source.text.to_lowercase();
        for word in ["cxone", "oauth"] {
            assert!(!text.contains(word), "{} mentions {word}", source.path.display());
        }
    }
}

#[test]
fn files_stay_small() {
    let production = sources().into_iter().filter(|source| !source.path.ends_with("tests.rs"));
    let sizes: Vec<_> = production.map(|source| (source.production().lines().count(), source.path)).collect();
    let large: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > MAX_LINES).collect();
    assert!(large.is_empty(), "more than {MAX_LINES} lines before the tests: {large:?}");
    let main = sizes.iter().find(|(_, path)| path == Path::new("main.rs")).unwrap();
    assert!(main.0 < MAX_LINES_OF_MAIN, "main.rs has {} lines: flags, runtime and exit code are all it is for", main.0);
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::oauth::Secret;\nuse crate::{plugin::{a, b}, provider};\nlet x = crate::doctor::y();";
    assert_eq!(named_modules(text), ["oauth", "plugin", "provider", "doctor"]);
    assert_eq!(named_modules("use terraform_provider_cxone::plugin::Launch;"), ["plugin"]);
}
