//! What counts as a secret, as data: a row is a kind, and a new kind is a new row. `vendors` has the keys that are known
//! by how they look, `labels` the names that secrets stand behind, and here are the kinds that need code of their own.
//! Every row names itself in the note, and carries an example that it must catch and a look-alike that it must leave; the
//! tests walk the table.

use super::labels::LABELS;
use super::pattern::Entry;
use super::rule::{AZURE, BEARER, CARD, DISCORD, EMAIL, Find, HASH, JWT, OPAQUE, PRIVATE_KEY, Rule, URL};
use super::vendors::{AI, BUSINESS, CLOUD, CODE, WATCH};

const fn shape(name: &'static str, example: &'static str, lookalike: &'static str) -> Rule {
    Rule::new(name, Find::Shape, example, lookalike)
}

/// The kinds that need code of their own. The examples are put together from two halves, so that those who scan source
/// code for keys find none here.
const SHAPES: &[Rule] = &[
    shape(
        PRIVATE_KEY,
        concat!("-----BEGIN RSA PRIV", "ATE KEY-----\nMIIEpAIBAAKCAQEA04up8hoqzS1\n-----END RSA PRIV", "ATE KEY-----"),
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    ),
    shape(
        JWT,
        concat!("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
        "eyJhbGciOiJIUzI1NiJ9 is a header",
    ),
    shape(BEARER, "sent Bearer 7Kq9x2Lm5Rt8 upstream", "Bearer token expired, bearer authentication is required"),
    shape(AZURE, concat!("b7x8", "Q~wE3rT5yU7iO9pA1sD3fG5hJ7kL9zX2cV4bN6"), "what is this? 8Q~ and so on"),
    shape(
        DISCORD,
        concat!("MTk4NjIyNDgzNDcxOTI1MjQ4", ".Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"),
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2.Zn",
    ),
    shape(
        HASH,
        concat!("root:$2y$", "10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy:1000"),
        "costs $2 or $5",
    ),
    shape(URL, "postgres://app:s3cr3t@db.internal:5432/orders", "http://localhost:8080/@scope/package"),
    shape(
        OPAQUE,
        "401 Unauthorized: key Zk3vQ9xT2mB7nL4pR8tW1yZ5cF0gH6jD is not valid",
        "401 Unauthorized: request 77406204-1937-4d30-8cd9-9ba1c3259306 in TokenService$$Enhancer",
    ),
    shape(CARD, "4111 1111 1111 1111", "1712345678901, 4111 1111 1111 1112, 4111111111111111a"),
    shape(EMAIL, "jane.doe@example.com", "git@github.com:acme/app.git left-pad@1.3.0 icon@2x.png"),
];

const GROUPS: [&[Rule]; 7] = [SHAPES, CLOUD, CODE, AI, BUSINESS, WATCH, LABELS];

/// Every kind of secret.
#[cfg(any(test, not(target_arch = "wasm32")))]
pub fn catalogue() -> impl Iterator<Item = &'static Rule> {
    GROUPS.into_iter().flatten()
}

/// How many patterns there are.
#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const COUNT: usize = {
    let mut count = 0;
    let mut group = 0;
    while group < GROUPS.len() {
        let mut row = 0;
        while row < GROUPS[group].len() {
            if let Find::Key(patterns) = GROUPS[group][row].find {
                count += patterns.len();
            }
            row += 1;
        }
        group += 1;
    }
    count
};

/// The patterns by how they begin: for their first three characters, the first entry to look at, from which the others
/// follow. Without it, each word of a text would be compared with hundreds of patterns.
struct Index {
    entries: [Entry; COUNT + 1],
    /// By the first three characters, or by two where no third is given.
    heads: [u16; SLOTS],
    /// By how many letters and digits stand before what is given.
    offsets: [u16; 96],
    /// Those that begin with a number of any length.
    numbers: u16,
}

const SLOTS: usize = 4_096;

static INDEX: Index = index();

#[expect(clippy::indexing_slicing, reason = "it runs in the compiler, where an index that is wrong is an error")]
const fn index() -> Index {
    let mut index = Index { entries: [Entry::EMPTY; COUNT + 1], heads: [0; SLOTS], offsets: [0; 96], numbers: 0 };
    let mut n = COUNT;
    // Backwards, so that the first row comes first.
    let mut group = GROUPS.len();
    while group > 0 {
        group -= 1;
        let mut row = GROUPS[group].len();
        while row > 0 {
            row -= 1;
            let rule = &GROUPS[group][row];
            if let Find::Key(patterns) = rule.find {
                let mut pattern = patterns.len();
                while pattern > 0 {
                    pattern -= 1;
                    let entry = Entry::new(rule.name, patterns[pattern], 0);
                    let head = if entry.literal >= 3 {
                        let bytes = patterns[pattern].as_bytes();
                        &mut index.heads[slot(bytes[0], bytes[1], bytes[2])]
                    } else if entry.literal == 2 {
                        let bytes = patterns[pattern].as_bytes();
                        &mut index.heads[slot(bytes[0], bytes[1], 0)]
                    } else if patterns[pattern].as_bytes()[1] == b'd' {
                        &mut index.numbers
                    } else {
                        &mut index.offsets[entry.offset]
                    };
                    index.entries[n] = Entry::new(rule.name, patterns[pattern], *head);
                    *head = n as u16;
                    n -= 1;
                }
            }
        }
    }
    index
}

const fn slot(a: u8, b: u8, c: u8) -> usize {
    (a as usize + b as usize * 67 + c as usize * 1_031) % SLOTS
}

/// The patterns that a word may be the beginning of, as heads of chains, by its first three characters and by how many
/// letters and digits it has, and what stands behind them.
#[inline]
pub(super) fn heads([first, second, third]: [u8; 3], length: usize, behind: u8) -> [u16; 4] {
    let head = |slot| INDEX.heads.get(slot).copied().unwrap_or(0);
    [
        head(slot(first, second, third)),
        head(slot(first, second, 0)),
        INDEX.offsets.get(length).copied().unwrap_or(0),
        if first.is_ascii_digit() && matches!(behind, b':' | b'|' | b'/' | b'-') { INDEX.numbers } else { 0 },
    ]
}

/// The entry with this number, if it is one.
pub(super) fn entry(number: u16) -> Option<&'static Entry> {
    INDEX.entries.get(usize::from(number)).filter(|_| number > 0)
}
