//! The sandbox bank's client.
