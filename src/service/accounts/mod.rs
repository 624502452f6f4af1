//! Accounts: shoppers, operators, partners' programs, and how each of them proves who it is. One verb a file.
