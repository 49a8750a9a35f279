//! The report as text and as JSON.

use std::io;
use std::io::Write;

use serde_json::json;

use super::Style;
use super::checkup::Checkup;
use super::step::{Step, Verdict};
use crate::text;

/// Writes the report as text: the result, the checklist, the findings in full, the request.
pub(super) fn write_text(checkup: &Checkup, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let overall = match checkup.has_problem() {
        true => Verdict::Problem,
        false if checkup.steps.iter().any(Step::is_finding) => Verdict::Warning,
        false => Verdict::Fine,
    };
    writeln!(out, "{}", coloured(&checkup.answer(), overall, style))?;
    writeln!(out, "\nChecklist:")?;
    for step in &checkup.steps {
        let mark = coloured(&format!("{:<7}", step.verdict.as_str()), step.verdict, style);
        writeln!(out, "  {mark} {:<14} {}", step.name, step.summary)?;
    }
    for step in checkup.steps.iter().filter(|step| !step.detail.is_empty()) {
        write_finding(step, style, out)?;
    }
    if checkup.untried_methods > 0 {
        writeln!(out, "\n{}", untried(checkup.untried_methods))?;
    }
    write_request(checkup, out)
}

/// Writes the report as one JSON object: `answer`, `healthy`, `suspicious`, `class`, `request`, `equivalents` with
/// `hcl`, `curl` and `python`, and `steps` with `name`, `result`, `summary` and `detail`.
pub(super) fn write_json(checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    let steps = checkup.steps.iter().map(|step| {
        json!({
            "name": step.name,
            "result": step.verdict.as_str(),
            "summary": step.summary,
            "detail": step.detail,
        })
    });
    let equivalents = checkup.equivalents.as_ref();
    let report = json!({
        "answer": checkup.answer(),
        "healthy": !checkup.has_problem() && !checkup.has_suspicion(),
        "suspicious": checkup.has_suspicion(),
        "class": checkup.class,
        "request": checkup.request,
        "equivalents": equivalents.map(|forms| json!({"hcl": forms.hcl, "curl": forms.curl, "python": forms.python})),
        "steps": steps.collect::<Vec<_>>(),
    });
    writeln!(out, "{report:#}")
}

fn write_finding(step: &Step, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}: {}", coloured(step.verdict.as_str(), step.verdict, style), step.summary)?;
    for line in step.detail.lines() {
        if line.is_empty() {
            writeln!(out)?;
        // Indented lines are lists that are already wrapped.
        } else if line.starts_with(' ') {
            writeln!(out, "  {line}")?;
        } else {
            writeln!(out, "{}", text::wrap(line, "  "))?;
        }
    }
    Ok(())
}

fn write_request(checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    let Some(request) = &checkup.request else { return Ok(()) };
    writeln!(out, "\nThe request, secrets masked:")?;
    for line in request.lines() {
        if line.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(
        out,
        "\nTo print these settings as a provider block, a command or a script: --emit hcl, --emit curl, \
                   --emit python."
    )
}

fn untried(methods: usize) -> String {
    let logins = if methods == 1 { "one more failed login" } else { "up to two more failed logins" };
    format!(
        "To try the other authentication methods with the same credentials, add --try-auth-methods. It can cost \
         {logins}."
    )
}

fn coloured(text: &str, verdict: Verdict, style: Style) -> String {
    let colour = match verdict {
        Verdict::Fine => "32",
        Verdict::Warning => "33",
        Verdict::Problem => "31",
        Verdict::Skipped => "2",
    };
    match style {
        Style::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        Style::Plain => text.to_owned(),
    }
}
