//! Who may do what. Shoppers and partners own what they touch; operators have roles.

use crate::base::id::{OperatorId, PartnerId, PersonId, ShopperId};
use crate::text_enum;

text_enum! {
    /// What an operator is trusted with.
    pub enum Role {
        /// Everything, other operators included.
        Admin = "admin",
        /// Money: payouts, adjustments, partners' payments.
        Finance = "finance",
        /// People and calls: claims, held postbacks, shoppers.
        Support = "support",
        /// Looking only.
        Viewer = "viewer",
    }
}

text_enum! {
    /// The kinds of those who sign in.
    pub enum OwnerKind {
        /// A shopper.
        Shopper = "shopper",
        /// A partner: its programs.
        Partner = "partner",
        /// Somebody who acts for a partner.
        Person = "person",
        /// An operator.
        Operator = "operator",
    }
}

text_enum! {
    /// Whether an account may be used.
    pub enum AccountStatus {
        /// In use.
        Active = "active",
        /// Shut by an operator: every token is refused.
        Blocked = "blocked",
        /// Its owner left, and nothing tells who that was. For shoppers only.
        Erased = "erased",
    }
}

text_enum! {
    /// What a stored token is for.
    pub enum TokenKind {
        /// Somebody signed in with a password.
        Session = "session",
        /// A program of its owner's.
        Api = "api",
        /// A code sent by e-mail, good for one use.
        EmailConfirm = "email_confirm",
        /// The password was right; a code of the second factor is missing.
        Factor = "factor",
        /// The extension in a shopper's browser, which may call its own routes alone.
        Extension = "extension",
        /// A code that such a browser gets its token for, once.
        ExtensionCode = "extension_code",
    }
}

/// Who is asking, once that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A shopper.
    Shopper(ShopperId),
    /// A partner's program.
    Partner(PartnerId),
    /// Somebody who acts for a partner.
    Person(PersonId, PartnerId),
    /// An operator.
    Operator(OperatorId, Role),
    /// The command line on the server itself.
    Console,
}

impl Actor {
    /// Whether the asker carries an operators' permission. Shoppers and partners never do; the console always does.
    #[must_use]
    pub const fn may(&self, permission: Permission) -> bool {
        match self {
            Self::Console => true,
            Self::Operator(_, role) => role.may(permission),
            Self::Shopper(_) | Self::Partner(_) | Self::Person(..) => false,
        }
    }

    /// The partner that the asker acts for.
    #[must_use]
    pub const fn partner(&self) -> Option<PartnerId> {
        match self {
            Self::Partner(id) | Self::Person(_, id) => Some(*id),
            Self::Shopper(_) | Self::Operator(..) | Self::Console => None,
        }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shopper(id) => write!(f, "shopper/{id}"),
            Self::Partner(id) => write!(f, "partner/{id}"),
            Self::Person(id, _) => write!(f, "person/{id}"),
            Self::Operator(id, _) => write!(f, "operator/{id}"),
            Self::Console => f.write_str("console"),
        }
    }
}

text_enum! {
    /// What operators' roles are asked for.
    pub enum Permission {
        /// See everything.
        Look = "look",
        /// Partners, adapters, stores, terms.
        Catalogue = "catalogue",
        /// Held calls, claims, shoppers.
        Care = "care",
        /// Payouts, adjustments, partners' payments.
        Money = "money",
        /// Operators and their roles.
        Staff = "staff",
    }
}

impl Role {
    /// Whether this role carries a permission.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match (self, permission) {
            (Self::Admin, _) | (_, Permission::Look) => true,
            (Self::Finance, Permission::Money) | (Self::Support, Permission::Care) => true,
            (Self::Finance, Permission::Catalogue | Permission::Care | Permission::Staff)
            | (Self::Support, Permission::Catalogue | Permission::Money | Permission::Staff)
            | (Self::Viewer, Permission::Catalogue | Permission::Care | Permission::Money | Permission::Staff) => false,
        }
    }
}
