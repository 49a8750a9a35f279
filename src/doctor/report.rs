//! The checklist in words and as JSON.

use std::io::{self, Write};

use serde_json::json;

use super::{
    Style,
    checkup::{Checkup, Step, Verdict},
};

/// Writes the report as text: the answer in the first line, then the checklist.
pub fn write_text(checkup: &Checkup, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", checkup.answer())?;
    if let Some(request) = &checkup.request {
        writeln!(out, "\nThe request:")?;
        for line in request.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "\nChecklist:")?;
    for step in &checkup.steps {
        write_step(step, style, out)?;
    }
    Ok(())
}

/// Writes the report as one JSON object: `answer`, `healthy`, `request`, `steps` with `name`, `result`, `summary` and
/// `detail`.
pub fn write_json(checkup: &Checkup, out: &mut dyn Write) -> io::Result<()> {
    let steps = checkup.steps.iter().map(|step| {
        json!({
            "name": step.name,
            "result": step.verdict.as_str(),
            "summary": step.summary,
            "detail": step.detail,
        })
    });
    let report = json!({
        "answer": checkup.answer(),
        "healthy": !checkup.has_problem(),
        "request": checkup.request,
        "steps": steps.collect::<Vec<_>>(),
    });
    writeln!(out, "{report:#}")
}

fn write_step(step: &Step, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mark = mark(step.verdict, style);
    writeln!(out, "  {mark} {:<14} {}", step.name, step.summary)?;
    for line in step.detail.lines() {
        if line.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

fn mark(verdict: Verdict, style: Style) -> String {
    let (colour, text) = match verdict {
        Verdict::Fine => ("32", "ok     "),
        Verdict::Warning => ("33", "warning"),
        Verdict::Problem => ("31", "problem"),
        Verdict::Skipped => ("2", "skipped"),
    };
    match style {
        Style::Coloured => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        Style::Plain => text.to_owned(),
    }
}
