//! The asking: requests to Devin, to those who are notified, to the tenant at Entra ID.

pub mod devin;
pub mod entra;
pub mod notify;
pub mod sns;
