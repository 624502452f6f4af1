//! The adapters, one line each.

use std::sync::Arc;

use super::PayoutProvider;
use super::bank_file::BankFile;
use super::client::{ClientError, HttpClient};
use super::hyperswitch::Hyperswitch;
use super::paypal::Paypal;
use super::yookassa::Yookassa;
use crate::config::rails::Rail;

/// Makes the provider that the configuration describes.
///
/// # Errors
/// [`ClientError`] for an address that is none.
pub fn provider(rail: &Rail, http: HttpClient) -> Result<Arc<dyn PayoutProvider>, ClientError> {
    Ok(match rail {
        Rail::Yookassa(settings) => Arc::new(Yookassa::new(settings.clone(), http)?),
        Rail::BankFile(settings) => Arc::new(BankFile::new(settings.clone())),
        Rail::Hyperswitch(settings) => Arc::new(Hyperswitch::new(settings.clone(), http)?),
        Rail::Paypal(settings) => Arc::new(Paypal::new(settings.clone(), http)?),
    })
}
