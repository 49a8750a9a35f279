//! A small YAML tree: text, lists and mappings, with lines; bounded, and without aliases.
//!
//! Reads what `yamldecode` reads, and refuses whatever would lose or change a value on the way. Scalars stay as written:
//! `0123` and `yes` are texts here, since an id that looks like a number is no number.

use std::iter::Copied;
use std::slice;

use oauth::Secret;
use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};
use zeroize::Zeroizing;

use crate::settings::auth_file::AuthConfigError;

/// One YAML node. Texts are kept as [`Secret`]s, as any of them can be one.
pub(super) enum Node {
    /// Nothing, `~`, `null`, or an empty text in quotes.
    Null,
    /// A key in braces without a colon, as the `b` of `{client_secret: a,b}`: what follows a comma in an unquoted value.
    Cut,
    /// Nothing, and behind the colon a `#` that a letter follows: comments begin with `# `, values may begin with `#`.
    Commented,
    /// A scalar.
    Text(Secret),
    /// A node with a tag that changes it, such as `!vault` or `!!binary`: what is written is not the value.
    Tagged,
    /// A scalar with an anchor: without aliases it serves nothing, so it is more likely a value that begins with `&`.
    Anchored,
    /// A sequence.
    List(Vec<Self>),
    /// A mapping.
    Mapping(Vec<YamlMember>),
}

/// A key, where it stands, and its value.
pub(super) struct YamlMember {
    /// The key; empty for keys that are no scalars.
    pub(super) key: String,
    /// The key's line, counted from 1.
    pub(super) line: usize,
    /// What it maps to.
    pub(super) value: Node,
}

/// Reads the one document in `text`.
pub(super) fn parse(text: &str) -> Result<Node, AuthConfigError> {
    let mut text = Characters::new(text.trim_start_matches('\u{feff}'))?;
    for _ in 0..MOST_TABS {
        match Reader::new(&text).document() {
            Err(Stop::Tab { index }) => text.characters[index] = ' ',
            Err(Stop::Error(error)) => return Err(error),
            Ok(root) => return Ok(root),
        }
    }
    Err(AuthConfigError::Tabs { limit: MOST_TABS })
}

/// A text by its characters, as the scanner counts them: wiped when it is dropped.
struct Characters {
    characters: Zeroizing<Vec<char>>,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Characters {
    /// YAML's printable characters alone (section 5.1): the scanner would take U+0000 for the end of the text, and so
    /// cut a value.
    fn new(text: &str) -> Result<Self, AuthConfigError> {
        let characters = Zeroizing::new(text.chars().collect::<Vec<_>>());
        let mut lines = vec![0];
        for (index, character) in characters.iter().enumerate() {
            let is_first_of_two = *character == '\r' && characters.get(index + 1) == Some(&'\n');
            match character {
                '\n' | '\r' if !is_first_of_two => lines.push(index + 1),
                '\n' | '\r' | '\t' | '\u{85}' => {}
                character if character.is_control() => {
                    return Err(AuthConfigError::Character { line: lines.len(), character: *character });
                }
                _ => {}
            }
        }
        Ok(Self { characters, lines })
    }

    /// Where a mark is. Its own index counts some characters once and some by their bytes, its line and column do not.
    fn index(&self, mark: &Marker) -> usize {
        let line = self.lines.get(mark.line().saturating_sub(1)).copied();
        (line.unwrap_or(self.characters.len()) + mark.col()).min(self.characters.len())
    }

    fn is_at(&self, mark: &Marker, character: char) -> bool {
        self.characters.get(self.index(mark)) == Some(&character)
    }

    /// Whether the line of a key has nothing behind the colon but `#` and a letter after it.
    fn is_commented(&self, key: &Marker) -> bool {
        let line = self.characters[self.index(key)..].split(|character| matches!(character, '\n' | '\r')).next();
        let line = line.unwrap_or_default();
        let colon = line.windows(2).position(|pair| pair[0] == ':' && pair[1].is_whitespace());
        let mut value = colon.into_iter().flat_map(|colon| &line[colon + 1..]).skip_while(|it| it.is_whitespace());
        value.next() == Some(&'#') && value.next().is_some_and(|next| !next.is_whitespace() && *next != '#')
    }

    fn is_behind_colon(&self, mark: &Marker) -> bool {
        let before = &self.characters[..self.index(mark)];
        before.iter().rev().find(|character| !character.is_whitespace()) == Some(&':')
    }
}

/// Why reading ended early.
enum Stop {
    Error(AuthConfigError),
    /// The scanner refused a tab that YAML takes for white space.
    Tab {
        index: usize,
    },
}

impl From<AuthConfigError> for Stop {
    fn from(error: AuthConfigError) -> Self {
        Self::Error(error)
    }
}

struct Reader<'a> {
    text: &'a Characters,
    parser: Parser<Copied<slice::Iter<'a, char>>>,
    /// How many brackets and braces are open.
    open: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a Characters) -> Self {
        Self { text, parser: Parser::new(text.characters.iter().copied()), open: 0 }
    }

    fn document(mut self) -> Result<Node, Stop> {
        self.next()?; // the start of the stream
        if matches!(self.next()?, (Event::StreamEnd, _)) {
            return Err(AuthConfigError::Empty.into());
        }
        let (first, mark) = self.next()?;
        let root = self.node(first, mark, 0)?;
        self.next()?; // the end of the document
        match self.next()? {
            (Event::StreamEnd, _) => Ok(root),
            (_, mark) => Err(AuthConfigError::SeveralDocuments { line: mark.line() }.into()),
        }
    }

    fn next(&mut self) -> Result<(Event, Marker), Stop> {
        self.parser.next_token().map_err(|error| self.stop(&error))
    }

    /// The scanner refuses a tab between a colon and a letter, and before whatever stands in brackets on a line of its
    /// own. YAML 1.2 section 6.2 allows both, and `yamldecode` reads them. Where the scanner stops behind a run of tabs
    /// it has passed them as white space, so that a space in their place changes no value.
    fn stop(&self, error: &ScanError) -> Stop {
        let mark = error.marker();
        let before = &self.text.characters[..self.text.index(mark)];
        let blanks = before.iter().rev().take_while(|character| matches!(character, ' ' | '\t')).count();
        let (bare, blanks) = before.split_at(before.len() - blanks);
        let is_separator = match bare.last() {
            Some(':') => true,
            None | Some('\n' | '\r') => self.open > 0,
            Some(_) => false,
        };
        match blanks.iter().position(|blank| *blank == '\t') {
            Some(tab) if is_separator => Stop::Tab { index: bare.len() + tab },
            // The scanner's own words can quote the text, so only the place is taken.
            _ => AuthConfigError::Syntax { line: mark.line() }.into(),
        }
    }

    fn node(&mut self, event: Event, mark: Marker, depth: usize) -> Result<Node, Stop> {
        let line = mark.line();
        if depth > MAX_DEPTH {
            return Err(AuthConfigError::TooDeep { line, limit: MAX_DEPTH }.into());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => Ok(scalar(text, style, anchor, tag.as_ref())),
            Event::SequenceStart(_, tag) => {
                let node = self.list(&mark, depth)?;
                Ok(if is_plain(tag.as_ref(), "seq") { node } else { Node::Tagged })
            }
            Event::MappingStart(_, tag) => {
                let node = self.mapping(&mark, depth)?;
                Ok(if is_plain(tag.as_ref(), "map") { node } else { Node::Tagged })
            }
            Event::Alias(_) => Err(AuthConfigError::Alias { line }.into()),
            // A document always has a node; anything else would be a fault of the parser.
            _ => Err(AuthConfigError::Syntax { line }.into()),
        }
    }

    fn list(&mut self, start: &Marker, depth: usize) -> Result<Node, Stop> {
        let brackets = usize::from(self.text.is_at(start, '['));
        self.open += brackets;
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => {
                    self.open -= brackets;
                    return Ok(Node::List(items));
                }
                (event, mark) => items.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, start: &Marker, depth: usize) -> Result<Node, Stop> {
        let braces = usize::from(self.text.is_at(start, '{'));
        self.open += braces;
        let mut members = Vec::new();
        loop {
            let (event, key_mark) = self.next()?;
            let line = key_mark.line();
            let key = match event {
                Event::MappingEnd => {
                    self.open -= braces;
                    return Ok(Node::Mapping(members));
                }
                Event::Scalar(key, ..) => key,
                complex => {
                    self.node(complex, key_mark, depth + 1)?;
                    String::new()
                }
            };
            let (event, mark) = self.next()?;
            let value = match is_nothing(&event) {
                true if braces > 0 && !self.text.is_behind_colon(&mark) => Node::Cut,
                true if self.text.is_commented(&key_mark) => Node::Commented,
                _ => self.node(event, mark, depth + 1)?,
            };
            members.push(YamlMember { key, line, value });
        }
    }
}

/// Whether there is no text at all, not even quotes.
fn is_nothing(event: &Event) -> bool {
    matches!(event, Event::Scalar(text, TScalarStyle::Plain, 0, None) if text.is_empty())
}

fn scalar(text: String, style: TScalarStyle, anchor: usize, tag: Option<&Tag>) -> Node {
    let text = Secret::new(text);
    if !is_plain(tag, "str") {
        return Node::Tagged;
    }
    if anchor != 0 {
        return Node::Anchored;
    }
    let plain = style == TScalarStyle::Plain && tag.is_none();
    match text.expose() {
        "" => Node::Null,
        "~" | "null" | "Null" | "NULL" if plain => Node::Null,
        _ => Node::Text(text),
    }
}

/// Whether there is no tag, or the one that says of a node of YAML's type `kind` what it is anyway.
fn is_plain(tag: Option<&Tag>, kind: &str) -> bool {
    tag.is_none_or(|tag| format!("{}{}", tag.handle, tag.suffix).strip_prefix(YAML_TAGS) == Some(kind))
}

/// What `!!` stands for.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Far more than a configuration needs, far less than the stack holds.
const MAX_DEPTH: usize = 64;

/// Each tab costs another reading of at most 64 KiB; a configuration has half a dozen keys.
const MOST_TABS: usize = 100;
