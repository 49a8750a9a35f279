//! A small YAML tree: text, lists and mappings, with lines; bounded, and without aliases.
//!
//! Scalars stay as written: `0123` and `yes` are texts here, since an id that looks like a number is no number.

use std::str::Chars;

use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use crate::settings::auth_file::AuthConfigError;
use oauth::Secret;

/// One YAML node. Texts are kept as [`Secret`]s, as any of them can be one.
pub(super) enum Node {
    /// Nothing, `~`, `null`, or an empty text in quotes.
    Null,
    /// A scalar.
    Text(Secret),
    /// A scalar with a tag other than YAML's own, such as `!vault`: its text is not the value.
    Tagged,
    /// A sequence.
    List(Vec<Self>),
    /// A mapping.
    Mapping(Vec<Member>),
}

/// A key, where it stands, and its value.
pub(super) struct Member {
    /// The key; empty for keys that are no scalars.
    pub(super) key: String,
    /// The key's line, counted from 1.
    pub(super) line: usize,
    /// What it maps to.
    pub(super) value: Node,
}

/// Reads the one document in `text`.
pub(super) fn parse(text: &str) -> Result<Node, AuthConfigError> {
    let mut reader = Reader { parser: Parser::new_from_str(text.trim_start_matches('\u{feff}')) };
    reader.next()?; // the start of the stream
    if matches!(reader.next()?, (Event::StreamEnd, _)) {
        return Err(AuthConfigError::Empty);
    }
    let (first, line) = reader.next()?;
    let root = reader.node(first, line, 0)?;
    reader.next()?; // the end of the document
    match reader.next()? {
        (Event::StreamEnd, _) => Ok(root),
        (_, line) => Err(AuthConfigError::SeveralDocuments { line }),
    }
}

struct Reader<'a> {
    parser: Parser<Chars<'a>>,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<(Event, usize), AuthConfigError> {
        // The parser's own words can quote the text, so only the place is taken.
        match self.parser.next_token() {
            Ok((event, mark)) => Ok((event, mark.line())),
            Err(error) => Err(AuthConfigError::Syntax { line: Marker::line(error.marker()) }),
        }
    }

    fn node(&mut self, event: Event, line: usize, depth: usize) -> Result<Node, AuthConfigError> {
        if depth > MAX_DEPTH {
            return Err(AuthConfigError::TooDeep { line, limit: MAX_DEPTH });
        }
        match event {
            Event::Scalar(text, style, _, tag) => Ok(scalar(text, style, tag.as_ref())),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.mapping(depth),
            Event::Alias(_) => Err(AuthConfigError::Alias { line }),
            // A document always has a node; anything else would be a fault of the parser.
            _ => Err(AuthConfigError::Syntax { line }),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, AuthConfigError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::List(items)),
                (event, line) => items.push(self.node(event, line, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Node, AuthConfigError> {
        let mut members = Vec::new();
        loop {
            let (event, line) = self.next()?;
            let key = match event {
                Event::MappingEnd => return Ok(Node::Mapping(members)),
                Event::Scalar(key, ..) => key,
                complex => {
                    self.node(complex, line, depth + 1)?;
                    String::new()
                }
            };
            let (event, value_line) = self.next()?;
            members.push(Member { key, line, value: self.node(event, value_line, depth + 1)? });
        }
    }
}

fn scalar(text: String, style: TScalarStyle, tag: Option<&Tag>) -> Node {
    let text = Secret::new(text);
    if tag.is_some_and(|tag| tag.handle != YAML_TAGS) {
        return Node::Tagged;
    }
    let plain = style == TScalarStyle::Plain && tag.is_none();
    match text.expose() {
        "" => Node::Null,
        "~" | "null" | "Null" | "NULL" if plain => Node::Null,
        _ => Node::Text(text),
    }
}

/// What `!!` stands for.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Far more than a configuration needs, far less than the stack holds.
const MAX_DEPTH: usize = 64;
