//! Where a contract stands on its way into the register.

use super::{Party, Stateful, Transition, reasoned, row};
use crate::taxonomy::codes;

codes! {
    /// Where a contract stands on its way into the register.
    ContractState, "contract_state" {
        /// Being filled in.
        Draft = "draft",
        /// Waiting for an officer.
        Submitted = "submitted",
        /// Sent back for correction.
        Returned = "returned",
        /// In the register; it counts.
        Registered = "registered",
        /// Refused, with a code.
        Refused = "refused",
        /// Registered once, then cancelled; it counts no more.
        Cancelled = "cancelled",
    }
}

codes! {
    /// What somebody does to a contract.
    ContractMove, "contract_move" {
        /// Hand in for registration.
        Submit = "submit",
        /// Take back.
        TakeBack = "take_back",
        /// Send back for correction.
        Return = "return",
        /// Register.
        Register = "register",
        /// Refuse, with a code.
        Refuse = "refuse",
        /// Cancel a registration.
        Cancel = "cancel",
    }
}

impl ContractState {
    /// Whether the parties may change it.
    pub fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
}

impl Stateful for ContractState {
    type Move = ContractMove;
    const TABLE: &'static [Transition<Self, ContractMove>] = {
        use ContractMove as M;
        use Party::{Officer, Owner};
        &[
            row(Self::Draft, M::Submit, Self::Submitted, &[Owner]),
            row(Self::Returned, M::Submit, Self::Submitted, &[Owner]),
            row(Self::Submitted, M::TakeBack, Self::Draft, &[Owner]),
            reasoned(Self::Submitted, M::Return, Self::Returned, &[Officer]),
            row(Self::Submitted, M::Register, Self::Registered, &[Officer]),
            reasoned(Self::Submitted, M::Refuse, Self::Refused, &[Officer]),
            reasoned(Self::Registered, M::Cancel, Self::Cancelled, &[Officer]),
        ]
    };
}
