//! `cargo xtask docs`: renders the pages, transcripts and pictures of the documentation with the provider itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use testkit::core::Core;
use testkit::leak_check::files_below;
use testkit::sandbox::Sandbox;
use testkit::workspace::{PROVIDER, SOURCE, STAND_IN, Workspace, stand_in};

use crate::demo::{CLIENT, SECRET, WRONG_SECRET, sandbox};
use crate::{cargo, report, root};

/// The use of the rendered files.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Replace the existing files.
    Write,
    /// Compare them with the existing files.
    Check,
}

/// Renders everything with the fixed core of the documentation, so that the output is the same everywhere.
///
/// # Errors
/// Something cannot be rendered or, with [`Mode::Check`], differs from the committed files.
pub(crate) fn run(mode: Mode) -> anyhow::Result<()> {
    report::step("Building the provider and the stand-in for another provider");
    cargo::build_programs(&[PROVIDER, "restapi-stand-in"])?;
    report::step("Finding the core for the documentation");
    let core = Core::of_documentation()?;
    report::detail(&format!("{core} at {}", core.path.display()));

    report::step("Capturing the core's output");
    let captured = captures(&core)?;
    let mut stale = Vec::new();
    for (path, text) in &captured {
        stale.extend(settle(mode, Path::new(path), text)?);
    }

    report::step("Rendering the pages with tfplugindocs, from the provider's schema");
    let generator = Generator::installed(&core)?;
    let pages = generator.pages()?;
    for (path, text) in &pages {
        stale.extend(settle(mode, path, text)?);
    }
    stale.extend(left_over(mode, &pages)?);
    ensure!(stale.is_empty(), "stale: {}\nrun `cargo xtask docs` and commit the changes", stale.join(", "));
    report::detail(&format!("{} pages, {} captures", pages.len(), captured.len()));

    report::step("Rendering the troubleshooting guide");
    // A test writes it, because the table of errors is in the provider, and xtask cannot link the provider.
    let words =
        ["test", "--workspace", "--locked", "--quiet", "--test", "it", "--", "docs::the_guide_through_every_error"];
    let mut test = cargo::command(&words)?;
    cargo::run(test.envs((mode == Mode::Write).then_some(("CXONE_WRITE_DOCS", "1"))))?;

    report::step("Validating the pages by the registries' rules");
    generator.run("validate", &[])
}

/// HashiCorp's generator of registry pages.
struct Generator {
    program: PathBuf,
    schema: PathBuf,
}

impl Generator {
    const VERSION: &str = "v0.25.0";

    // Not `docs`, because the generator removes every guide without a template there.
    const RENDERED: &str = "target/pages";

    /// Installs it below the target folder, unless it is already there.
    fn installed(core: &Core) -> anyhow::Result<Self> {
        let folder = cargo::target_folder()?.join(format!("tfplugindocs-{}", Self::VERSION));
        let program = folder.join("tfplugindocs");
        if !program.is_file() {
            let go = cargo::on_path("go").context(
                "tfplugindocs renders the pages, and needs Go: install Go 1.25 or later (https://go.dev/dl). No other \
                 command needs Go",
            )?;
            let module = format!("github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs@{}", Self::VERSION);
            let mut install = Command::new(go);
            succeed(install.args(["install", &module]).env("GOBIN", &folder).current_dir(root()))?;
        }
        let schema = folder.join("schema.json");
        fs::write(&schema, schema_of(core)?)?;
        Ok(Self { program, schema })
    }

    fn run(&self, task: &str, options: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args([task, "--provider-name", "cxone", "--providers-schema"]).arg(&self.schema).args(options);
        succeed(command.current_dir(root()))
    }

    /// All pages by their paths in the repository.
    fn pages(&self) -> anyhow::Result<Vec<(PathBuf, String)>> {
        self.run("generate", &["--rendered-website-dir", Self::RENDERED])?;
        let rendered = root().join(Self::RENDERED);
        let page = |path: PathBuf| {
            let text = fs::read_to_string(&path)?;
            Ok((Path::new("docs").join(path.strip_prefix(&rendered)?), text))
        };
        files_below(&rendered).into_iter().map(page).collect()
    }
}

/// Runs a program, and shows its output only if it fails.
fn succeed(command: &mut Command) -> anyhow::Result<()> {
    report::command(command);
    let output = command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let [printed, errors] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    ensure!(output.status.success(), "{} failed:\n{printed}{errors}", command.get_program().display());
    Ok(())
}

/// The provider's schema from a core, with the only address that tfplugindocs searches for.
fn schema_of(core: &Core) -> anyhow::Result<String> {
    let mut workspace = Workspace::for_command(core, &[(SOURCE, testkit::program(PROVIDER))]);
    workspace.write("terraform {\n  required_providers {\n    cxone = { source = \"cxone-tools/cxone\" }\n  }\n}\n");
    let run = workspace.run(&["providers", "schema", "-json"]);
    ensure!(run.exit_code == Some(0), "{core} cannot read the provider's schema: {run}");
    let mut document: Value = serde_json::from_str(&run.stdout)?;
    let schemas = document["provider_schemas"].as_object_mut().context("the document has no schemas")?;
    let schema = schemas.remove("registry.terraform.io/cxone-tools/cxone").context("the provider has no schema")?;
    document["provider_schemas"] = json!({ "registry.terraform.io/hashicorp/cxone": schema });
    Ok(document.to_string())
}

/// All captured files by their paths in the repository: transcripts for the guides, pictures for the README.
fn captures(core: &Core) -> anyhow::Result<[(&'static str, String); 5]> {
    let sandbox = sandbox(&["cxone:api", "cxone:reports"]);
    let (plan, apply) = ephemeral_token(core, &sandbox)?;
    Ok([
        ("examples/rest-api/plan.txt", plain(&plan)),
        ("examples/rest-api/apply.txt", plain(&apply)),
        ("examples/testing/output.txt", plain(&tests(core, &sandbox)?)),
        ("docs/pictures/refused.svg", picture("terraform plan", &refused(core, &sandbox)?)),
        ("docs/pictures/scope-drift.svg", picture("terraform plan -detailed-exitcode", &drift(core, &sandbox)?)),
    ])
}

/// A token for another provider: the plan and the apply.
fn ephemeral_token(core: &Core, sandbox: &Sandbox) -> anyhow::Result<(String, String)> {
    let mut workspace = scene(core, "examples/rest-api/main.tf", sandbox)?;
    let plan = captured(&mut workspace, &["plan", "-out=plan.tfplan"], 0)?;
    let apply = captured(&mut workspace, &["apply", "plan.tfplan"], 0)?;
    Ok((plan, apply))
}

/// The tests of the example, with mocks and against the sandbox.
fn tests(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, "examples/testing/main.tf", sandbox)?;
    for name in ["tests/mocks.tftest.hcl", "tests/sandbox.tftest.hcl"] {
        workspace.write_file(name, &fs::read_to_string(root().join("examples/testing").join(name))?);
    }
    captured(&mut workspace, &["test"], 0)
}

/// A plan with a wrong secret.
fn refused(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, "examples/quickstart/main.tf", sandbox)?;
    workspace.use_sandbox(sandbox, CLIENT, WRONG_SECRET);
    captured(&mut workspace, &["plan"], 1)
}

/// A plan after an administrator removed a scope.
fn drift(core: &Core, sandbox: &Sandbox) -> anyhow::Result<String> {
    let mut workspace = scene(core, "examples/rehearsal/main.tf", sandbox)?;
    captured(&mut workspace, &["apply", "-auto-approve"], 0)?;
    sandbox.change_client(CLIENT, &json!({ "scopes": ["cxone:api"], "unknown_scopes": "narrow" }));
    captured(&mut workspace, &["plan", "-detailed-exitcode"], 2)
}

fn scene(core: &Core, configuration: &str, sandbox: &Sandbox) -> anyhow::Result<Workspace> {
    let text =
        fs::read_to_string(root().join(configuration)).with_context(|| format!("cannot read {configuration}"))?;
    let providers = [(SOURCE, testkit::program(PROVIDER)), (STAND_IN, stand_in())];
    // If no configuration uses an override, a core only warns, and the warning is left out.
    let mut workspace = Workspace::for_command(core, &providers);
    workspace.write(&text);
    workspace.use_sandbox(sandbox, CLIENT, SECRET);
    Ok(workspace)
}

fn captured(workspace: &mut Workspace, words: &[&str], expected_exit: i32) -> anyhow::Result<String> {
    let run = workspace.run(words);
    let output = run.stdout + &run.stderr;
    ensure!(
        run.exit_code == Some(expected_exit),
        "exited with {:?} instead of {expected_exit}:\n{output}",
        run.exit_code
    );
    Ok(without_what_varies(&output))
}

/// The output without the core's note on development overrides, with a fixed port and fixed times.
fn without_what_varies(output: &str) -> String {
    let mut text = without_overrides_note(output);
    for (mark, fixed) in [("127.0.0.1:", "8080"), ("x-request-id sandbox-", "1"), ("complete after ", "0")] {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |text, part| {
            let rest = part.trim_start_matches(char::is_numeric);
            text + mark + if rest.len() < part.len() { fixed } else { "" } + rest
        });
    }
    let text: String = text.split_inclusive(['"', ' ', '\n']).map(with_fixed_time).collect();
    text.trim_matches('\n').to_owned() + "\n"
}

/// The core warns of development overrides in every run, in a separate box.
fn without_overrides_note(output: &str) -> String {
    let mut kept = String::new();
    let mut rest = output;
    while let Some((before, after)) = rest.split_once('╷') {
        let (note, after) = after.split_once('╵').unwrap_or((after, ""));
        let is_note = note.contains("Provider development overrides are in effect");
        // The box's colour and line end are removed with it.
        let (before, after) = match is_note {
            true => {
                (&before[..before.rfind('\n').map_or(0, |at| at + 1)], after.split_once('\n').map_or("", |it| it.1))
            }
            false => (before, after),
        };
        kept.push_str(before);
        if !is_note {
            kept.push_str(&format!("╷{note}╵"));
        }
        rest = after;
    }
    kept + rest
}

/// Replaces a time in RFC 3339 by a fixed one. Other words remain unchanged.
fn with_fixed_time(word: &str) -> String {
    const TIME: &str = "2026-01-01T09:00:00Z";
    let is_alike = |(one, other): (u8, u8)| one == other || (one.is_ascii_digit() && other.is_ascii_digit());
    let is_time = word.len() >= TIME.len() && word.bytes().zip(TIME.bytes()).all(is_alike);
    if is_time { format!("{TIME}{}", &word[TIME.len()..]) } else { word.to_owned() }
}

/// Without colours, because guides show plain text.
fn plain(output: &str) -> String {
    let mut parts = output.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once(|letter: char| letter.is_ascii_alphabetic()).unwrap_or_default().1
    })
}

/// A terminal with the output of `command`. In bright colours, because the normal ones are hard to read on black.
fn picture(command: &str, output: &str) -> String {
    let text = format!("\u{1b}[32m$\u{1b}[0m \u{1b}[1m{command}\u{1b}[0m\n{output}");
    let bright =
        (31..37).fold(text, |text, code| text.replace(&format!("\u{1b}[{code}m"), &format!("\u{1b}[{}m", code + 60)));
    anstyle_svg::Term::new().render_svg(&bright)
}

/// Writes the file, or returns its name if it differs.
fn settle(mode: Mode, path: &Path, text: &str) -> anyhow::Result<Option<String>> {
    let target = root().join(path);
    if fs::read_to_string(&target).is_ok_and(|present| present == text) {
        return Ok(None);
    }
    if mode == Mode::Check {
        return Ok(Some(path.display().to_string()));
    }
    report::detail(&format!("writing {}", path.display()));
    fs::create_dir_all(target.parent().context("the file has no folder")?)?;
    fs::write(&target, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(None)
}

/// Pages of objects that no longer exist: removes or returns them. Guides need no template.
fn left_over(mode: Mode, pages: &[(PathBuf, String)]) -> anyhow::Result<Vec<String>> {
    let mut named = Vec::new();
    for folder in ["data-sources", "ephemeral-resources", "functions", "resources"] {
        for path in files_below(&root().join("docs").join(folder)) {
            let path = path.strip_prefix(root())?;
            match mode {
                _ if pages.iter().any(|(page, _)| page == path) => {}
                Mode::Write => fs::remove_file(root().join(path))?,
                Mode::Check => named.push(path.display().to_string()),
            }
        }
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_fixed() {
        let output = "\u{1b}[33m╷\u{1b}[0m\n│ Warning: Provider development overrides are in effect\n│ more\n\u{1b}[33m╵\u{1b}[0m\n\
            ╷\n│ Error: at http://127.0.0.1:39999/oauth\n╵\nOpening complete after 1s\n+ at = \"2026-11-23T01:02:03Z\"\n";
        let expected = "╷\n│ Error: at http://127.0.0.1:8080/oauth\n╵\nOpening complete after 0s\n+ at = \"2026-01-01T09:00:00Z\"\n";
        assert_eq!(without_what_varies(output), expected);
        assert_eq!(plain("\u{1b}[1mbold\u{1b}[0m text"), "bold text");
    }
}
