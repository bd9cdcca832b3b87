//! HTML that a sender puts into its JSON (Azure's Service Health messages), as plain text.

use super::bounds;

/// A text for people: its words where it is HTML, also where that was escaped (`&lt;p&gt;`), else as it is.
pub fn readable(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..MOST_ESCAPES {
        if !is_html(&text) && !is_escaped(&text) {
            break;
        }
        text = plain(&text);
    }
    text
}

/// So many times HTML may have been escaped.
const MOST_ESCAPES: usize = 3;

/// Whether a text is HTML and not one that merely has a `<` in it.
pub fn is_html(text: &str) -> bool {
    text.contains("</") || text.contains("<br") || text.contains("<p>") || text.contains("/>")
}

/// The same of one whose tags were escaped, once or twice.
fn is_escaped(text: &str) -> bool {
    ["&lt;/", "&lt;br", "&lt;p&gt;", "/&gt;"]
        .iter()
        .any(|tag| text.contains(tag) || text.contains(&tag.replace('&', "&amp;")))
}

/// The words of an HTML text: a new line for every block, a dash for every list item, no markup.
pub fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html.split_at_checked(html.floor_char_boundary(bounds::LOGS)).map_or(html, |(kept, _)| kept);
    while let Some((before, after)) = rest.split_once('<') {
        if !after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) {
            push_words(&mut text, before);
            text.push('<');
            rest = after;
            continue;
        }
        // Where this tag is not closed, no other one is: the rest is text, and every text is read once only.
        let Some((tag, behind)) = after.split_once('>') else { break };
        push_words(&mut text, before);
        let (name, skipped) = tag_name(tag);
        push_break(&mut text, &name);
        rest = skipped.map_or(behind, |end| behind.split_once(end).map_or("", |(_, behind)| behind));
    }
    push_words(&mut text, rest);
    let mut kept = String::new();
    for line in text.lines().map(str::trim) {
        if !line.is_empty() && line != "-" {
            kept.push_str(if kept.is_empty() { "" } else { "\n" });
            kept.push_str(line);
        }
    }
    bounds::head(&kept, bounds::TEXT)
}

/// A tag's name, with the text that ends its content where that is no text for people.
fn tag_name(tag: &str) -> (String, Option<&'static str>) {
    let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    let name = name.trim_end_matches('/').to_ascii_lowercase();
    let skipped = match name.as_str() {
        "style" => Some("</style>"),
        "script" => Some("</script>"),
        _ => None,
    };
    (name, skipped)
}

fn push_break(text: &mut String, name: &str) {
    match name {
        "br" | "p" | "/p" | "div" | "/div" | "tr" | "/tr" | "/ul" | "/ol" | "h1" | "h2" | "h3" | "h4" | "/h1"
        | "/h2" | "/h3" | "/h4" => text.push('\n'),
        "li" => text.push_str("\n- "),
        "td" | "th" => text.push(' '),
        _ => {}
    }
}

/// Adds text with its entities read and its blanks and line breaks, which mean nothing in HTML, as one blank.
fn push_words(text: &mut String, html: &str) {
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('&') {
        push_collapsed(text, before);
        let near = after.split_at_checked(after.floor_char_boundary(10)).map_or(after, |(near, _)| near);
        let entity = near.find(';').and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        match entity.and_then(|(name, after)| Some((character(name)?, after))) {
            Some((character, after)) => {
                text.push(character);
                rest = after;
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    push_collapsed(text, rest);
}

fn push_collapsed(text: &mut String, words: &str) {
    for character in words.chars() {
        match character {
            c if !c.is_whitespace() => text.push(c),
            _ if text.ends_with([' ', '\n']) => {}
            _ => text.push(' '),
        }
    }
}

fn character(entity: &str) -> Option<char> {
    let number = |digits: &str, radix| char::from_u32(u32::from_str_radix(digits, radix).ok()?);
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" | "rsquo" | "lsquo" => Some('\''),
        "nbsp" => Some(' '),
        "ndash" | "mdash" => Some('-'),
        _ => match entity.strip_prefix("#x").or_else(|| entity.strip_prefix("#X")) {
            Some(digits) => number(digits, 16),
            None => number(entity.strip_prefix('#')?, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_remain_and_the_markup_goes() {
        let html = "<style>p {color: red}</style><p><strong>Impact</strong>:\r\n  Some&nbsp;requests &lt;5%&gt; fail.</p>\
            <ul><li>East US</li><li>West &amp; Central&#39;s</li></ul>Next<br/>update<BR >soon <a href=\"https://x.example\">here</a>";
        assert_eq!(
            plain(html),
            "Impact: Some requests <5%> fail.\n- East US\n- West & Central's\nNext\nupdate\nsoon here"
        );
    }

    #[test]
    fn escaped_html_is_html() {
        for text in [
            "<p>Reads are <b>slow</b>.</p>",
            "&lt;p&gt;Reads are &lt;b&gt;slow&lt;/b&gt;.&lt;/p&gt;",
            "&amp;lt;p&amp;gt;Reads are slow.&amp;lt;/p&amp;gt;",
        ] {
            assert_eq!(readable(text), "Reads are slow.");
        }
        for text in ["1 < 2", "a &lt; b", "x &amp; y"] {
            assert_eq!(readable(text), text);
        }
    }

    #[test]
    fn what_is_no_html_stays() {
        for text in ["a < b & c > d", "a <b and c", "x &unknown; y", "AT&T", "&#xFFFFFFFF; <", "1 <2"] {
            assert_eq!(plain(text), text);
            assert!(!is_html(text));
        }
        assert!(is_html("<p>x</p>") && is_html("a<br>b"));
    }
}
