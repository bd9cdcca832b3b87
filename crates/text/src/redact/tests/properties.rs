//! What holds for any text.

use proptest::prelude::*;

use super::languages::{LANGUAGES, in_json, in_markup, in_query, in_yaml};
use super::opaque::random;
use super::*;
use crate::{clean, sanitize};

/// Text made of what the rules look for.
fn suspicious() -> impl Strategy<Value = String> {
    let mut parts: Vec<String> = [
        "password",
        "token",
        "secret",
        "api_key",
        "auth",
        "name",
        "value",
        "Authorization",
        "Cookie",
        "bearer",
        "=",
        ":",
        ": ",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\\n",
        "\n",
        " ",
        "  ",
        ",",
        ";",
        "&",
        "&amp;",
        "?",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "<",
        ">",
        "-",
        "--",
        "|\n  ",
        "://",
        "@",
        "/",
        ".",
        "%3D",
        "%26",
        "%40",
        "a",
        "abc123def456",
        "must",
        "null",
        "é",
        "漢",
        "x.example.com",
        "[redacted: ",
        "[redacted: x]",
        "eyJ",
        "ghp_",
        "cog_",
        "4242",
        "4242 4242 4242 4242",
        "$",
        "*",
        "#",
        "\t",
        "\0",
        "\\u003d",
        "\\x22",
        "\\u0022",
        "%253D",
        "%5C%22",
        "&quot;",
        "&lt;",
        "&amp;quot;",
        "“",
        "\u{a0}",
        "：",
        "kind: Secret\n",
        "data:\n  a: b\n",
        "\"data\":{\"a\":\"b\"}",
        "machine h login u password ",
        "AUTH ",
        "sshpass -p ",
        "mysql -ps3cret ",
        "password is ",
        "password was changed to ",
        "(a, password) VALUES ('x', '",
        "401 denied ",
        "Zk3vQ9xT2mB7nL4pR8tW1yZ5",
        "eyJwYXNzd29yZCI6Imh1bnRlcjJodW50ZXIyIiwidSI6MX0",
        "<key>password</key><string>",
        "</string>",
        "mnemonic: abandon ability able",
        "user%password1",
        "-U ",
        "form-data; name=\"password\"\r\n\r\n",
        "/reset/",
        "db:5432:a:b:s3cret",
        "$2y$10$",
        "Authorization: Foo ",
        "user,password\na,Zk3vQ9xT2mB7\n",
        "| user | password |\n| a | Zk3vQ9xT2mB7 |\n",
        "login as a / Zk3vQ9xT2mB7",
        "creds ",
        "password for a is ",
        "createHmac('a', '",
        "htpasswd -b f a ",
        "net use ",
        "密码是",
        " -> ",
        "string(8) \"",
        "-u ",
        "Zk3vQ9xT2mB7",
    ]
    .map(str::to_owned)
    .into();
    parts.extend(catalogue().map(|rule| rule.example()));
    parts.extend(catalogue().map(secret_of));
    prop::collection::vec(prop::sample::select(parts), 0..14).prop_map(|parts| parts.concat())
}

/// What may stand around a secret.
fn surroundings() -> impl Strategy<Value = String> {
    let parts = [
        " ",
        "\n",
        "\t",
        ", ",
        "; ",
        " | ",
        "\n\n",
        " - ",
        "(",
        ")",
        " \"",
        "\" ",
        " '",
        "' ",
        "<",
        ">",
        "log line ",
        "ERROR ",
        "12:00:01 ",
        "user ",
        "{ ",
        " }",
        "…",
        "漢字 ",
        "https://x.example/a ",
        "a=b ",
        "x: y\n",
        "null ",
    ];
    let end = prop::sample::select(vec![" ", "\n", "\t", "\n  ", " \n"]);
    (prop::collection::vec(prop::sample::select(parts.to_vec()), 0..8), end)
        .prop_map(|(parts, end)| parts.concat() + end)
}

proptest! {
    #[test]
    fn twice_is_once(text in suspicious()) {
        let once = redact(&text, true);
        prop_assert_eq!(redact(&once, true), once);
    }

    #[test]
    fn safe_twice_is_once(text in suspicious()) {
        let once = sanitize(&text, true);
        prop_assert_eq!(clean::block(&once), once.as_str());
        prop_assert_eq!(sanitize(&once, true), once);
    }

    #[test]
    fn no_example_is_left(row in 0..catalogue().count(), before in surroundings(), after in surroundings()) {
        let rule = catalogue().nth(row).unwrap();
        let (example, secret) = (rule.example(), secret_of(rule));
        // What comes before ends, and what comes after begins, with a blank.
        let after: String = after.chars().rev().collect();
        let shown = redact(&[before.as_str(), example.as_str(), after.as_str()].concat(), true);
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }

    #[test]
    fn any_text_will_do(text in any::<String>()) {
        let once = redact(&text, true);
        prop_assert_eq!(redact(&once, true), once);
    }

    /// Whatever characters it is made of, as long as the language that it is written in escapes them.
    #[test]
    fn a_labelled_secret_is_hidden_whole(secret in "[!-~]{8,24}") {
        let json = in_json(&secret);
        let texts = [
            (format!("{{\"password\":\"{json}\",\"n\":1}}"), json.clone()),
            (format!("{{\"log\":\"{{\\\"password\\\":\\\"{0}\\\",\\\"n\\\":1}}\"}}", in_json(&json)), in_json(&json)),
            (format!("https://x.example/?a=b&password={}&n=1", in_query(&secret)), in_query(&secret)),
            (format!("next=%2F%3Fpassword%3D{}%26n%3D1", in_query(&in_query(&secret))), in_query(&in_query(&secret))),
            (format!("<password>{}</password>", in_markup(&secret)), in_markup(&secret)),
            (format!("<user password=\"{}\" n=\"1\"/>", in_markup(&secret)), in_markup(&secret)),
            (format!("postgres://app:{}@db/x", in_query(&secret)), in_query(&secret)),
            // Nobody can tell whether a backslash escapes a quote here.
            (format!("password: '{}'\nn: 1", in_yaml(&secret)), in_yaml(&secret)),
        ];
        let bytes = secret.trim_start_matches('"').as_bytes();
        let stays = allowlist::placeholder(bytes) || allowlist::code(bytes, true) || !random(bytes);
        for (text, written) in texts {
            let shown = redact(&text, false);
            // What only stands for a secret may be left: `${PASSWORD}`, `****`.
            let left = written.as_bytes().windows(8).any(|part| shown.as_bytes().windows(8).any(|other| part == other));
            prop_assert!(!left || shown == text, "{}\n{}", text, shown);
            prop_assert!(shown != text || stays, "{}", text);
        }
    }

    #[test]
    fn no_example_is_left_in_other_languages(
        row in 0..catalogue().count(), language in 0..LANGUAGES.len(), before in surroundings(), after in surroundings(),
    ) {
        let rule = catalogue().nth(row).unwrap();
        let (example, secret) = (rule.example(), secret_of(rule));
        let after: String = after.chars().rev().collect();
        let shown = redact(&LANGUAGES[language](&[before.as_str(), example.as_str(), after.as_str()].concat()), true);
        prop_assert!(!shown.contains(&secret), "{}", shown);
        prop_assert!(!shown.contains(&LANGUAGES[language](&secret)), "{}", shown);
    }
}

#[test]
fn secrets_glued_together_all_go_however_many() {
    let glued = "key-b9eb2b67d8b081abd1d97aaf35f3b68f".repeat(40);
    for text in [glued.clone(), format!("an error: {glued} and {glued}, {glued}")] {
        let shown = redact(&text, true);
        assert!(!shown.contains("b9eb2b67"), "{shown}");
        assert_eq!(redact(&shown, true), shown);
    }
    assert!(redact(&format!("an error: {glued}"), true).starts_with("an error: [redacted: "));
}
