//! Rust source as the few tokens that the rules look at: words, `::`, floats and single characters, each with
//! its line. Comments, strings and character literals are left out. Not a parser.

/// A token with its line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: usize,
}

/// What the rules tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word(String),
    /// `::`
    PathSep,
    /// A number with a fraction or an exponent.
    Float,
    /// Any other character; `0` stands for a whole number.
    Mark(char),
}

impl Token {
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// All tokens of a source file.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { letters: source.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    while lexer.at < lexer.letters.len() {
        lexer.next();
    }
    lexer.tokens
}

struct Lexer {
    letters: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    fn skip(&mut self, n: usize) {
        for _ in 0..n {
            self.line += usize::from(self.peek(0) == Some('\n'));
            self.at += 1;
        }
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.skip(1);
        }
    }

    fn emit(&mut self, kind: Kind) {
        self.tokens.push(Token { kind, line: self.line });
    }

    fn next(&mut self) {
        let Some(letter) = self.peek(0) else { return };
        match (letter, self.peek(1)) {
            ('/', Some('/')) => self.skip_while(|c| c != '\n'),
            ('/', Some('*')) => self.block_comment(),
            ('"', _) => self.string(0),
            ('\'', _) => self.quote(),
            (':', Some(':')) => {
                self.emit(Kind::PathSep);
                self.skip(2);
            }
            _ if letter.is_alphabetic() || letter == '_' => self.word(),
            _ if letter.is_ascii_digit() => self.number(),
            _ => {
                if !letter.is_whitespace() {
                    self.emit(Kind::Mark(letter));
                }
                self.skip(1);
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(letter) = self.peek(0) {
            match (letter, self.peek(1)) {
                ('/', Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                ('*', Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.skip(1),
            }
        }
    }

    /// A string with escapes, standing at its quotation mark after `prefix` letters.
    fn string(&mut self, prefix: usize) {
        self.skip(prefix + 1);
        while let Some(letter) = self.peek(0) {
            match letter {
                '\\' => self.skip(2),
                '"' => return self.skip(1),
                _ => self.skip(1),
            }
        }
    }

    fn raw_string(&mut self, prefix: usize, hashes: usize) {
        self.skip(prefix + hashes + 1);
        while let Some(letter) = self.peek(0) {
            self.skip(1);
            if letter == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                return self.skip(hashes);
            }
        }
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') {
            self.skip(3);
            self.skip_while(|c| c != '\'');
            self.skip(1);
        } else if self.peek(2) == Some('\'') {
            self.skip(3);
        } else {
            self.skip(1);
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
        }
    }

    fn word(&mut self) {
        let rest = &self.letters[self.at..];
        let len = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
        let word: String = rest[..len].iter().collect();
        let hashes = rest[len..].iter().take_while(|c| **c == '#').count();
        let quoted = rest.get(len + hashes) == Some(&'"');
        match word.as_str() {
            "r" | "br" | "cr" if quoted => return self.raw_string(len, hashes),
            "b" | "c" if quoted && hashes == 0 => return self.string(len),
            "b" if rest.get(len) == Some(&'\'') => {
                self.skip(len);
                return self.quote();
            }
            // `r#type` is the word `type`.
            "r" if hashes == 1 => return self.skip(2),
            _ => {}
        }
        self.emit(Kind::Word(word));
        self.skip(len);
    }

    fn number(&mut self) {
        // `pair.0.1` is two fields, not a float.
        let is_field = self.tokens.last().is_some_and(|token| token.is('.'));
        let from = self.at;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let text: String = self.letters[from..self.at].iter().collect();
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
        let exponent = digits.strip_prefix(['e', 'E']);
        let mut float = exponent.is_some_and(|power| power.chars().all(|c| c.is_ascii_digit()))
            || (!text.starts_with("0x") && (text.ends_with("f32") || text.ends_with("f64")));
        if !is_field && self.peek(0) == Some('.') && !matches!(self.peek(1), Some('.' | 'a'..='z' | '_')) {
            self.skip(1);
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
            float = true;
        }
        self.emit(if float && !is_field { Kind::Float } else { Kind::Mark('0') });
    }
}
