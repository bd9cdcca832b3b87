//! The line that the walk is in, as far as it tells what stands in it.

use super::source::Source;

/// Programs that take a password so: `-p` and where it may be written right behind it, by the words on the line.
pub(super) const PROGRAMS: [(u8, bool, &str); 25] = [
    (b'p', false, "sshpass"),
    (b'p', true, "sshpass"),
    (b'p', true, "mysql"),
    (b'p', true, "mariadb"),
    (b'p', true, "7z"),
    (b'p', false, "login"),
    (b'p', false, "mongo"),
    (b'p', false, "rabbitmqadmin"),
    (b'p', false, "influx"),
    (b'p', false, "cqlsh"),
    (b'p', false, "svn"),
    (b'p', false, "useradd"),
    (b'p', false, "ipmitool"),
    (b'P', false, "ipmitool"),
    (b'P', false, "zip"),
    (b'P', false, "sqlcmd"),
    (b'P', false, "bcp"),
    (b'P', false, "isql"),
    (b'P', false, "mosquitto"),
    (b'a', false, "redis-cli"),
    (b'a', false, "ipmitool"),
    (b'w', false, "ldap"),
    (b'k', false, "openssl"),
    (b'A', false, "snmp"),
    (b'X', false, "snmp"),
];

/// The line that the walk is in.
#[derive(Default)]
pub(super) struct Line {
    /// Up to where it was read.
    read: usize,
    /// Which of the programs stand in it, as bits.
    pub programs: u32,
}

impl Line {
    /// Notes the programs that stand before `i` in the line.
    pub fn read(&mut self, src: &Source, i: usize) {
        let from = src.run_back(i, i.saturating_sub(self.read), |b| !matches!(b, b'\n' | b'|' | b';'));
        if from > self.read && matches!(src.before(from), b'\n' | b'|' | b';') {
            self.programs = 0;
        }
        let mut at = from;
        while at < i {
            let end = src.word_end(at);
            if end == at {
                at += 1;
                continue;
            }
            let first = src.at(at).to_ascii_lowercase();
            for (n, (_, _, program)) in PROGRAMS.iter().enumerate() {
                if program.as_bytes().first() == Some(&first) && src.starts_like(at, program) {
                    self.programs |= 1 << n;
                }
            }
            at = end;
        }
        self.read = i;
    }

    /// Whether it is one of `.netrc`, in which `login` stands before `i`: `machine … login … password …`.
    pub fn logs_in(&mut self, src: &Source, i: usize) -> bool {
        self.read(src, i);
        PROGRAMS.iter().enumerate().any(|(n, (_, _, program))| *program == "login" && self.programs & (1 << n) != 0)
    }
}
