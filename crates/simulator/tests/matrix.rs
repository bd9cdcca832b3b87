//! The fault matrix and the deaths in the middle of a call, cell by cell: what the simulator says has to be what the suites
//! on workerd are held to.

use outbound::devin::call::Api;
use simulator::matrix::{COLUMNS, Column, Row, moments, play, replies};

/// Plays every cell, with senders that wait for the session or do not, and gives how many cells there were.
fn plays(rows: &[Row], senders: &[bool]) -> usize {
    let mut played = 0;
    for api in [Api::V3 { org: "org-1".into() }, Api::V1] {
        for row in rows {
            for column in COLUMNS {
                for waits in senders.iter().copied() {
                    if waits && column != Column::Create {
                        continue;
                    }
                    let Some((seen, expected)) = play(row, column, waits, &api) else { continue };
                    let who = if waits { ", a sender that waits" } else { "" };
                    assert_eq!(seen, expected, "{}, {column:?}, {api:?}{who}", row.name);
                    played += 1;
                }
            }
        }
    }
    played
}

#[test]
fn the_simulator_has_the_outcome_of_every_cell_of_the_fault_matrix() {
    let played = plays(&replies(), &[false, true]);
    assert!(played > 400, "{played} cells");
}

#[test]
fn the_simulator_has_the_outcome_of_every_death_in_the_middle_of_a_call() {
    // Who waits hears nothing.
    assert_eq!(plays(&moments(), &[false]), 20);
}
