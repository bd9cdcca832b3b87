//! What the search costs, and where it ends.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// Text that would be slow to search for a search that reads the same bytes again and again.
#[test]
#[allow(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
fn hostile_text_takes_no_longer() {
    let mut pieces: Vec<String> = [
        "a",
        " ",
        ":",
        "=",
        "-",
        "--",
        "-----",
        "@",
        "a@",
        "a.",
        "://",
        "://a:",
        "://a:b/",
        "://a:b,",
        "%3d",
        "%40",
        "password",
        "password=",
        "password:",
        "password: ",
        "password=,",
        "password=a,a",
        "password=must ",
        "y:",
        "key:",
        "d=",
        "token: a ",
        "\"password\":",
        "\"password\":\"",
        "'",
        "\"",
        "\\",
        "\\\"",
        "\\n",
        "[",
        "[[",
        "password=[",
        "[redacted: ",
        "[redacted: x]",
        "eyJ",
        "eyJ.",
        "eyJaaaaaaaaaa.",
        "eyJaaaaaaaaaa-",
        "ghp_",
        "cog_",
        "cog_a-",
        "sk-",
        "sk-a.",
        "SG.",
        "AKIA",
        "gh gh ",
        "bearer ",
        "bearer.",
        "bearer=",
        "Bearer",
        "4",
        "4242 ",
        "4242-",
        "12345678901234567890 ",
        ">",
        "<password>",
        "&lt;password>",
        "<password a=\"\">",
        "&lt;password a=\"\">",
        "\">",
        "setuser >",
        "user on >",
        "s3('a','",
        "{password,\"",
        "password=\"a\" -> \"",
        "${password:?",
        "/secrets/password/",
        "<password",
        ":password>",
        "--password ",
        "-u a:",
        "-u ",
        "name: password ",
        "\"password\",",
        "\"password\",\"a",
        "%22",
        "%3a%22",
        "password%3a%22",
        "a:@tcp(",
        "@tcp(",
        "password=Some(\"",
        "name: password\nvalue: must\n",
        "password: |\n",
        "password: |\n  a\n",
        "Authorization: ",
        "Authorization: Digest",
        "Cookie: ",
        "Cookie: a",
        "\n",
        "é",
        "漢",
        "password d 'x",
        "d 'a ",
        "a_a-a.",
        ";password=",
        ";password=a ",
        "password: a b ",
        "hooks.slack.com/",
        "password=a b=c ",
        "password,",
        "password,\n",
        "a,password\nb,Zk3vQ9xT2mB7\n",
        "password | ",
        "login a/",
        "login a / Zk3vQ9xT2mB7 ",
        "cred a:",
        "cred////////",
        "password for a ",
        "createHmac('a','",
        "pgp_sym_encrypt(a,",
        "htpasswd a ",
        "密码是",
        "password -> ",
        "password=string(",
        "-u a",
    ]
    .map(str::to_owned)
    .into();
    let begin = concat!("-----BEGIN PRIV", "ATE KEY-----");
    let end = concat!("-----END PRIV", "ATE KEY-----");
    pieces.extend([begin.to_owned(), end.to_owned(), format!("{begin}\n"), format!("{begin}a "), format!("a{end}")]);
    pieces.extend(catalogue().flat_map(|rule| [rule.example(), rule.lookalike.to_owned()]));
    let mut slowest = (Duration::ZERO, String::new());
    for piece in pieces {
        let text = piece.repeat(SIZE / piece.len()) + "\n";
        let start = Instant::now();
        let shown = redact(&text, true);
        let took = start.elapsed();
        assert!(took < LIMIT, "{piece:?} took {took:?}");
        assert!(shown.len() <= text.len() * 4 + 100, "{piece:?} grew to {}", shown.len());
        if took > slowest.0 {
            slowest = (took, piece);
        }
    }
    println!("{SIZE} bytes, the slowest: {slowest:?}");
}

const SIZE: usize = 1 << 16;
/// A hundred times what it takes, so that a busy machine isn't mistaken for a slow search; a search that takes the
/// square of the length takes longer still.
const LIMIT: Duration = Duration::from_secs(3);

#[test]
fn of_a_long_secret_no_tail_is_left() {
    let secret = "q8Zr3tLm".repeat(200);
    for before in [
        "the password is '",
        "password\t'",
        "password is ",
        "reset password to: ",
        "mysql -p'",
        "mysql -p",
        "curl -u bob:",
        "curl -u 'bob:",
        "smbclient -U bob%",
        "AUTH PLAIN ",
        "db.internal:5432:app:bob:",
        "INSERT INTO users (name, password) VALUES ('bob', '",
        "PASSWORD '",
        "--password ",
    ] {
        for behind in ["", "' and so on", "\nand so on"] {
            let shown = redact(&format!("{before}{secret}{behind}"), true);
            assert!(shown.contains("[redacted: ") && !shown.contains("q8Zr3tLm"), "{before}…{behind}: {shown}");
        }
    }
}

#[test]
fn where_the_effort_ends_no_part_of_a_secret_is_left() {
    for rule in catalogue() {
        let example = rule.example();
        let secret = secret_of(rule);
        let before = example.split_once(&secret).unwrap().0;
        let begun: String = secret.chars().take((secret.chars().count() / 2).max(3)).collect();
        for filler in ["", "some words ", "key=a ", "password: hunter2-x9 ", "key=key="] {
            let filler = format!("{} ", filler.repeat(3));
            let text = format!("{filler}{example} and so on, token=expired key=1 secret=a");
            for effort in 0..40 {
                let shown = redact_within(&text, true, &Effort::of(effort));
                let behind = shown
                    .split_once(before)
                    .filter(|_| !before.is_empty())
                    .map_or(shown.as_str(), |(_, behind)| behind);
                assert!(!behind.contains(&begun), "{effort}: {shown}\nof {text}");
            }
        }
    }
}

#[test]
fn hostile_texts_take_no_more_than_the_effort() {
    for piece in
        ["key=", "key=a ", "password: hunter2-x9 ", "a2V5PWtleT1rZXk9a2V5PWtleT1rZXk9", "' token a", " -p x --token "]
    {
        let text = piece.repeat(200_000 / piece.len());
        let effort = Effort::of(2_000);
        let shown = redact_within(&text, true, &effort);
        assert!(shown.len() < 100_000, "{piece}: {}", shown.len());
        assert_eq!(redact_within(&shown, true, &Effort::of(usize::MAX)), shown, "{piece}");
    }
    let words = "the disk of web-3 is full, and nobody knows why; ".repeat(4_000);
    let effort = Effort::of(2_000);
    assert_eq!(redact_within(&words, true, &effort), words);
    assert!(effort.left() > 1_900);
}

#[test]
fn what_was_looked_at_once_is_not_looked_at_for_every_byte() {
    // Each would take minutes where the time grew with the square of the length.
    for piece in [
        "kind: Secret data: ",
        "\"kind\":\"Secret\",\"data\":{",
        "kind: Secret\n data:\n",
        "$2a$",
        "(a, password) values (",
        "values (",
        "&lt;password>",
        "&lt;password a=\"\">",
        "getConnection('",
        "setuser \">",
        "password=ENC[AES256_GCM,data:",
        "password: op://a/",
        "password=ref+vault://a?",
        "password: user a ",
        "$ANSIBLE_VAULT;1.1;AES256\naa\n",
        "password,\n",
        "a,password\n",
        "login a/",
        "htpasswd ",
        "password for a ",
    ] {
        let text = piece.repeat(8_000_000 / piece.len());
        let shown = redact_within(&text, true, &Effort::of(20_000));
        assert!(shown.len() <= text.len() * 2);
    }
}

proptest! {
    #[test]
    fn what_little_effort_shows_is_what_was_there(pieces in prop::collection::vec("key=|a |[a-z]{1,6}=[A-Za-z0-9]{1,20} |password: [a-z0-9]{3,9}\n", 0..30), effort in 0usize..60) {
        let text = pieces.concat();
        let shown = redact_within(&text, true, &Effort::of(effort));
        let whole = redact(&text, true);
        // Either all of it, or its beginning and a mark, which may be hidden with the value that it ends.
        let begun = shown.strip_suffix(CUT).unwrap_or(&shown);
        let marked = shown.ends_with(CUT) || shown.ends_with("[redacted: secret]");
        prop_assert!(shown == whole || marked, "{} of {}", shown, whole);
        for secret in text.split("password: ").skip(1).filter_map(|rest| rest.split('\n').next()).filter(|value| value.len() > 4) {
            prop_assert!(whole.contains(secret) || !begun.contains(secret), "{} of {}", shown, whole);
        }
    }
}
