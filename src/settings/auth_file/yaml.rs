//! A small YAML tree: text, lists and mappings, with lines. Its size is limited, and it has no aliases.
//!
//! Accepts what `yamldecode` accepts, and rejects everything that would lose or change a value. Scalars are not
//! interpreted: `0123` and `yes` are texts, because an id that looks like a number is not one.

use std::iter::Copied;
use std::slice;

use oauth::Secret;
use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};
use zeroize::Zeroizing;

use crate::settings::auth_file::AuthConfigError;

/// One YAML node. Texts are [`Secret`]s, because any of them can be one.
pub(super) enum Node {
    /// No value, `~`, `null`, or an empty quoted text.
    Null,
    /// A key in braces without a colon, such as `b` in `{client_secret: a,b}`: the part of an unquoted value after a
    /// comma.
    Cut,
    /// No value, but a `#` before a letter: comments begin with `# `, and a value can begin with `#`.
    Commented,
    /// A scalar.
    Text(Secret),
    /// A node with a tag that changes its value, such as `!vault` or `!!binary`.
    Tagged,
    /// A scalar with an anchor. Without aliases an anchor is useless, so this is more likely a value that begins with
    /// `&`.
    Anchored,
    /// A sequence.
    List(Vec<Self>),
    /// A mapping.
    Mapping(Vec<YamlMember>),
}

/// A key, its line, and its value.
pub(super) struct YamlMember {
    /// The key; empty if it is not a scalar.
    pub(super) key: String,
    /// The key's line, counted from 1.
    pub(super) line: usize,
    /// The value.
    pub(super) value: Node,
}

/// Parses `text` as one document.
pub(super) fn parse(text: &str) -> Result<Node, AuthConfigError> {
    let mut text = Characters::new(text.trim_start_matches('\u{feff}'))?;
    // The scanner stops at the first tab that it rejects, so each scan replaces one.
    for _ in 0..MOST_TABS {
        match Reader::new(&text).document() {
            Err(Stop::Tab { index }) => text.characters[index] = ' ',
            Err(Stop::Error(error)) => return Err(error),
            Ok(root) => return Ok(root),
        }
    }
    Err(AuthConfigError::Tabs { limit: MOST_TABS })
}

/// The characters of a text, in the scanner's count. Wiped on drop.
struct Characters {
    characters: Zeroizing<Vec<char>>,
    /// The index of each line's first character.
    lines: Vec<usize>,
}

impl Characters {
    /// The first line, counted from 1, with a tab in its indentation.
    fn tab_indent(&self) -> Option<usize> {
        let is_indented_by_tab = |start: &usize| {
            let blanks = self.characters[*start..].iter().take_while(|character| matches!(character, ' ' | '\t'));
            blanks.into_iter().any(|blank| *blank == '\t')
        };
        self.lines.iter().position(is_indented_by_tab).map(|index| index + 1)
    }

    /// Accepts only YAML's printable characters (section 5.1): the scanner would treat U+0000 as the end of the text,
    /// and so cut a value.
    fn new(text: &str) -> Result<Self, AuthConfigError> {
        let characters = Zeroizing::new(text.chars().collect::<Vec<_>>());
        let mut lines = vec![0];
        for (index, character) in characters.iter().enumerate() {
            // The scanner counts a carriage return with its newline as one line end.
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

    /// The index of a mark. The scanner's own index counts some characters by their bytes, but its line and column do
    /// not.
    fn index(&self, mark: &Marker) -> usize {
        let line = self.lines.get(mark.line().saturating_sub(1)).copied();
        (line.unwrap_or(self.characters.len()) + mark.col()).min(self.characters.len())
    }

    fn is_at(&self, mark: &Marker, character: char) -> bool {
        self.characters.get(self.index(mark)) == Some(&character)
    }

    /// Whether the line of a key has only a `#` and a letter after its colon.
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

/// Why the parser stopped early.
enum Stop {
    Error(AuthConfigError),
    /// The scanner rejected a tab that YAML allows as white space.
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
    /// The number of open brackets and braces.
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
            // A second document would be ignored, and with it perhaps the right credentials.
            (_, mark) => Err(AuthConfigError::SeveralDocuments { line: mark.line() }.into()),
        }
    }

    fn next(&mut self) -> Result<(Event, Marker), Stop> {
        self.parser.next_token().map_err(|error| self.stop(&error))
    }

    /// The scanner rejects a tab between a colon and a letter, and at the start of a line inside of brackets. YAML 1.2
    /// section 6.2 allows both, and `yamldecode` accepts them. If the scanner stops after tabs, it has accepted them as
    /// white space, so that spaces instead of them change no value.
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
            // Only the place, because the scanner's own text can quote the file.
            _ => match self.text.tab_indent() {
                Some(line) => AuthConfigError::TabIndent { line }.into(),
                None => AuthConfigError::Syntax { line: mark.line() }.into(),
            },
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
            // A document always has a node. Anything else is a bug of the parser.
            _ => Err(AuthConfigError::Syntax { line }.into()),
        }
    }

    fn list(&mut self, start: &Marker, depth: usize) -> Result<Node, Stop> {
        // The scanner's events do not say whether a list is in brackets, but tabs are allowed only inside of them.
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
                // A complex key is never a known one, but the reader must pass it to reach its value.
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
    // Only plain scalars can be null (YAML 1.2 section 10.3.2): a quoted "null" is text.
    let plain = style == TScalarStyle::Plain && tag.is_none();
    match text.expose() {
        "" => Node::Null,
        "~" | "null" | "Null" | "NULL" if plain => Node::Null,
        _ => Node::Text(text),
    }
}

/// Whether there is no tag, or only the default tag of YAML's type `kind`.
fn is_plain(tag: Option<&Tag>, kind: &str) -> bool {
    tag.is_none_or(|tag| format!("{}{}", tag.handle, tag.suffix).strip_prefix(YAML_TAGS) == Some(kind))
}

// The prefix that `!!` abbreviates.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

// Far more than a configuration needs, and far less than the stack allows.
const MAX_DEPTH: usize = 64;

// Each tab costs another scan of at most 64 KiB. A configuration has half a dozen keys.
const MOST_TABS: usize = 100;
