//! Switches that concern the job's decisions rather than a request's form.

use super::{Choice, Evidence};

choice! {
    /// `GET /Users?filter=id eq … and manager eq …&attributes=id` before a reference is written.
    ReferenceCheck {
        /// Not sent.
        Off = "off", Ours, "no modern capture";
        /// Sent; the reference is written only when the answer is empty.
        On = "on", Documented, "editions of 2016-2021, step 4; described in the current Example 4";
    }
}

choice! {
    /// Attributes of the application that RFC 7643 does not have and that stand in no schema of their own, of a user or
    /// group who is created.
    CustomAttributes {
        /// In the create.
        InCreate = "in-create", Ours, "as every other attribute";
        /// In a PATCH after it, as additions.
        AfterCreate = "after-create", Reported, "zulip/zulip#39773 and four answers in Microsoft's forums, one by a product manager";
    }
}

choice! {
    /// Lists of such attributes in an account that is there.
    CustomLists {
        /// Compared and replaced, as other lists.
        Compared = "compared", Ours, "as every other attribute";
        /// Values are only added, as `[{"value": …}]`, so that old ones stay.
        OnlyAdded = "only-added", Captured, "one report";
    }
}

choice! {
    /// A group's answer that holds `members` although they were excluded.
    LeakedMembers {
        /// Not noticed.
        Ignored = "ignored", Ours, "when the error is raised is not known";
        /// The group fails with SystemForCrossDomainIdentityManagementMultipleEntriesInResponse.
        Refused = "refused", Documented, "howto-analyze-provisioning-logs, Error codes: it can be raised";
    }
}

choice! {
    /// A user who was unassigned before and is now purged from the directory.
    PurgedAfterUnassign {
        /// Nothing: the service no longer manages the account.
        Left = "left", Documented, "how-provisioning-works, Known limitations";
        /// DELETE.
        Deleted = "deleted", Captured, "2017";
    }
}

choice! {
    /// Whether as many disables and deletes as the accidental-deletion threshold says are already too many.
    DeletionThreshold {
        /// Only more than the threshold are held back.
        Above = "above", Documented, "accidental-deletions, introduction and FAQ";
        /// As many as the threshold are held back.
        Met = "met", Documented, "accidental-deletions, Configure";
    }
}

choice! {
    /// When an object that failed is tried again. Every position ends after 28 days.
    Retries {
        /// In the next cycle, then 6, 12 and 24 hours after the first failure, then daily.
        NextCycle = "next-cycle", Documented, "how-provisioning-works, Errors and retries; the hours are those of application-provisioning-quarantine-status";
        /// 6, 12 and 24 hours after the first failure, then daily.
        SixHours = "six-hours", Documented, "application-provisioning-quarantine-status; captured in 2026-03";
        /// In every cycle, 40 minutes apart.
        EveryCycle = "every-cycle", Documented, "howto-analyze-provisioning-logs, Error codes";
    }
}

choice! {
    /// The code of a create that is refused with 409.
    CreateConflict {
        /// Conflict.
        Conflict = "conflict", Documented, "howto-analyze-provisioning-logs, Error codes";
        /// SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering: the filter had found nobody.
        IncompatibleFiltering = "incompatible-filtering", Captured, "a provisioning log of 2026-03";
    }
}

choice! {
    /// Rows made with `Switch` whose own source did not change while another one of the object did.
    SwitchDefect {
        /// They keep their value.
        Off = "off", Ours, "what the function's description promises";
        /// They become null at the target.
        On = "on", Documented, "functions-for-customizing-application-data, Switch, CAUTION";
    }
}

choice! {
    /// `userPrincipalName` of a user in the recycle bin (the application's UpdateKeyOnSoftDelete).
    TombstoneName {
        /// As before.
        Off = "off", Ours, "no page describes the other";
        /// The object id without hyphens stands before it, and is written with the disable.
        On = "on", Captured, "onyx-dot-app/onyx 14074, ssoready 166";
    }
}

choice! {
    /// What becomes of the account of a user who leaves: unassigned, out of scope, blocked or deleted.
    Leavers {
        /// `active` becomes false, through the mapping of IsSoftDeleted.
        Disabled = "disabled", Documented, "how-provisioning-works, Deprovisioning";
        /// DELETE, as for applications without a soft delete.
        Deleted = "deleted", Documented, "how-provisioning-works, Deprovisioning; the Restore_User test of the gallery's validation";
    }
}

choice! {
    /// When a change of the scope from all users and groups to the assigned ones takes effect.
    NarrowedScope {
        /// With the next restart; until then the job goes on with all.
        Restart = "restart", Documented, "known-issues: a change from Sync All to Sync assigned needs a restart";
        /// With the next cycle, which is an initial one, as after any other change.
        NextCycle = "next-cycle", Documented, "define-conditional-rules-for-provisioning-user-accounts: saving triggers an initial cycle";
    }
}

choice! {
    /// Links between objects and accounts after the portal's Restart.
    RestartLinks {
        /// They stay.
        Kept = "kept", Documented, "how-provisioning-works, Initial cycle; resetScope without ConnectorDataStore";
        /// They are dropped, and every object is matched again.
        Dropped = "dropped", Documented, "howto-analyze-provisioning-logs, Error codes, InvalidAnchor";
    }
}
