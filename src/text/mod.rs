//! Text from outside, made safe to show: cleaned, cut to length, redacted, fenced.
