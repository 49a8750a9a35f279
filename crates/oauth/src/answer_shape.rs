//! Naming what a body looks like, for messages that may never quote it.

use serde_json::Value;

use super::AnswerShape;
use super::answer::Answer;
use super::masking::Mask;

impl AnswerShape {
    /// The shape of a body that was (`Some`) or was not (`None`) JSON.
    pub(crate) fn of(answer: &Answer, json: Option<&Value>, mask: &Mask) -> Self {
        match json {
            Some(Value::Object(members)) => {
                Self::JsonObject(members.keys().take(NAMES).map(|name| mask.clean(name, NAME_CAP)).collect())
            }
            Some(_) => Self::OtherJson,
            None => of_other(answer, mask),
        }
    }
}

fn of_other(answer: &Answer, mask: &Mask) -> AnswerShape {
    let Ok(text) = std::str::from_utf8(&answer.body) else {
        return if declares_json(answer) { AnswerShape::BrokenJson } else { AnswerShape::Binary };
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    let start = text.chars().take(HTML_HEAD).collect::<String>().to_ascii_lowercase();
    let media_type = answer.media_type();
    if text.is_empty() {
        AnswerShape::Empty
    } else if start.starts_with("<!doctype html") || start.contains("<html") || media_type == "text/html" {
        AnswerShape::Html(title(text, mask))
    } else if declares_json(answer) || text.starts_with(['{', '[']) {
        AnswerShape::BrokenJson
    } else if is_form(text) {
        AnswerShape::Form
    } else if text.contains('\0') {
        AnswerShape::Binary
    } else {
        AnswerShape::Text
    }
}

fn declares_json(answer: &Answer) -> bool {
    let media_type = answer.media_type();
    media_type == "application/json" || media_type.ends_with("+json")
}

/// `name=value&name=value`, with names of the plain kind.
fn is_form(text: &str) -> bool {
    text.split('&').all(|field| {
        field.split_once('=').is_some_and(|(name, value)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !value.contains(char::is_whitespace)
        })
    })
}

fn title(html: &str, mask: &Mask) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words: Vec<_> = html[start..end].split_whitespace().collect();
    Some(mask.clean(&words.join(" "), TITLE_CAP)).filter(|title| !title.is_empty())
}

const HTML_HEAD: usize = 1024;
const NAMES: usize = 20;
const NAME_CAP: usize = 60;
const TITLE_CAP: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

    fn shape(media_type: &str, body: &[u8]) -> AnswerShape {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap())]);
        let answer = Answer { status: 200, headers, body: body.to_vec().into() };
        let json = serde_json::from_slice(body).ok();
        AnswerShape::of(&answer, json.as_ref(), &Mask::hiding([&Secret::new("canary-client-secret")]))
    }

    #[test]
    fn bodies_are_named_as_what_they_are() {
        let html = |title: &str| AnswerShape::Html(Some(title.into()));
        let cases: [(&str, &str, &[u8], AnswerShape); 16] = [
            ("empty", "", b"", AnswerShape::Empty),
            ("white space", "text/plain", b" \r\n", AnswerShape::Empty),
            ("object", "", br#"{"b":1,"a":2}"#, AnswerShape::JsonObject(vec!["a".into(), "b".into()])),
            ("array", "application/json", b"[1]", AnswerShape::OtherJson),
            ("text in JSON", "application/json", b"\"x\"", AnswerShape::OtherJson),
            ("page", "text/html", b"<!DOCTYPE html><title> Sign\n in </title>", html("Sign in")),
            ("page called JSON", "application/json", b"<HTML><TITLE lang=en>403</TITLE>", html("403")),
            ("page without title", "text/html; charset=utf-8", b"<p>no</p>", AnswerShape::Html(None)),
            ("title with a secret", "text/html", b"<title>canary-client-secret</title>", html("***")),
            ("title without end", "text/html", b"<title>x", AnswerShape::Html(None)),
            ("cut off", "application/json", br#"{"access_token":"x"#, AnswerShape::BrokenJson),
            ("cut off, undeclared", "", br#"{"access_token":"x"#, AnswerShape::BrokenJson),
            ("form", "", b"access_token=x&token_type=bearer", AnswerShape::Form),
            ("text", "text/plain", b"a = b, not a form", AnswerShape::Text),
            ("bytes", "application/octet-stream", &[0xff, 0xfe, 0x00], AnswerShape::Binary),
            ("nul", "", b"a\0b", AnswerShape::Binary),
        ];
        for (name, media_type, body, expected) in cases {
            assert_eq!(shape(media_type, body), expected, "{name}");
        }
    }

    #[test]
    fn a_thousand_members_are_not_listed() {
        let body = format!("{{{}}}", (0..1000).map(|n| format!("\"m{n}\":0")).collect::<Vec<_>>().join(","));
        let AnswerShape::JsonObject(names) = shape("application/json", body.as_bytes()) else { panic!("no object") };
        assert_eq!(names.len(), NAMES);
    }
}
