//! What a server can get wrong about whose an object is, and which of that can be told from outside.

use std::collections::BTreeSet;
use std::fmt;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// One way to be wrong about identity, or one way in which correct servers differ there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    // The answer to a create.
    /// It shows a foreign object, which was there before; nothing is made.
    UpsertWhole,
    /// It names the id of a foreign object and nothing else; nothing is made.
    UpsertId,
    /// It has no body, and its Location is that of a foreign object; nothing is made.
    UpsertLocation,
    /// It shows a foreign object that has every value of the create but those that are unique.
    UpsertNamesake,
    /// What was sent comes back under the id of a foreign object, beside the new one.
    CreateForeignId,
    /// What was sent comes back under an id that leads to a foreign object, or to all of them, once it is put
    /// into a path.
    CreatePathId,
    /// What was sent comes back under the id of another object of the run.
    CreateOtherId,
    /// What was sent comes back under an id that does not exist.
    CreateUnknownId,
    /// The object is made, and the answer is 500.
    CreateFailsAfterwards,
    /// The answer is 500, and nothing is made.
    CreateFails,
    /// The object is made, and no answer arrives.
    CreateUnanswered,
    /// The object is made, and the body is not JSON.
    CreateUnreadable,
    /// The id and nothing else.
    IdOnly,
    /// No body; Location tells the id.
    LocationOnly,
    /// Neither body nor Location.
    NothingShown,
    /// Location is a path without the origin.
    LocationRelative,
    /// Location has another origin.
    LocationElsewhere,
    /// Location has another origin or another base, and ends with the id of a foreign object.
    LocationElsewhereForeign,
    /// Location is that of a foreign object, whatever the body says.
    LocationForeign,
    /// Location holds the id as it is, not percent-encoded.
    LocationRaw,
    /// Location is percent-encoded twice.
    LocationTwiceEncoded,

    // Names.
    /// Names are shown in lower case.
    LowerCase,
    /// Names are shown in upper case.
    UpperCase,
    /// Answers to writes show no names.
    NamesInGetsOnly,
    /// No answer shows a name.
    NamesNowhere,

    // Ids.
    /// Ids are numbers, counted for users and groups apart.
    NumericIds,
    /// Ids are shown as JSON numbers where they are numbers.
    JsonNumberIds,
    /// Ids hold what must be percent-encoded in a path.
    OddIds,
    /// The meta of each object shows the name that the last create sent.
    MetaTellsLast,
    /// Attributes are shown as `Id`, `UserName` and so on.
    PascalCase,

    // Lists.
    /// A filter is ignored, and everything is listed.
    FilterAll,
    /// A filter is ignored, and the first object is listed.
    FilterFirst,
    /// A filter is answered with every foreign object.
    FilterForeign,
    /// A filter is answered with one foreign object, always the same.
    FilterOneForeign,
    /// A filter is answered with what the last create was answered with.
    FilterLastNamed,
    /// A filter finds everybody when a word of its value is one that everybody's name has.
    FilterByWords,
    /// A filter is refused.
    FilterRefused,
    /// Objects are listed under ids of foreign ones.
    ListForeignIds,
    /// Objects are listed under ids of other objects of the run.
    ListOtherIds,
    /// Objects are listed under ids that do not exist.
    ListUnknownIds,

    // Reads by id.
    /// Every read is answered 404.
    ReadMissing,
    /// Some reads are answered 404.
    ReadSometimesMissing,
    /// Every read is answered 403.
    ReadForbidden,
    /// Some reads are answered 500.
    ReadFails,
    /// Every read is answered 501.
    ReadUnsupported,
    /// A read of what is not there is answered 403.
    UnknownForbidden,
    /// Once something was deleted, every read is answered 404.
    ReadsEndWithDelete,
    /// Foreign objects are not there for reads.
    ForeignHidden,
    /// A read shows the object of the run under the id of a foreign one.
    ReadForeignId,
    /// A read of an object of the run shows a foreign one.
    ReadForeignWhole,
    /// A read shows the object of the run under another id of the run.
    ReadOtherId,
    /// A read of a foreign object shows one of the run, with the id of that one.
    ReadForeignAsOurs,
    /// A user shows its groups, and a group its members, by their names.
    ReferencesNamed,
    /// A foreign group has everybody as its member, foreign people have somebody of the run as their manager, and
    /// both show their names.
    EverybodyGroup,

    // Changes.
    /// A PATCH is answered with a foreign object.
    PatchForeignWhole,
    /// A PATCH is answered with the changed object under the id of a foreign one.
    PatchForeignId,
    /// A DELETE is refused.
    DeleteRefused,
    /// Some DELETEs are refused.
    DeleteSometimesRefused,
    /// The object is deleted, and the answer is 500.
    DeleteFailsAfterwards,
    /// The object is deleted, and no answer arrives.
    DeleteUnanswered,
    /// An id that was deleted becomes a foreign object's at once.
    ReusedByForeign,
    /// An id that was deleted is given to the next object.
    ReusedByNext,
    /// Foreign people arrive whenever something is created.
    ForeignArrives,
    /// When everybody is listed, the objects of the run have gone, and foreign people have their ids.
    TakenOver,
    /// POST to an id makes an object.
    PostToIdCreates,

    // Bulk.
    /// Locations in the answer are those of foreign objects.
    BulkForeignLocations,
    /// Locations in the answer are those of other operations.
    BulkSwappedLocations,
    /// There are no locations in the answer.
    BulkWithoutLocations,

    // The settings.
    /// No fault of the server: its user says that it shows no names.
    CalledOpaque,

    // The second tenant.
    /// Requests to the second tenant reach the first.
    TenantsAreOne,
    /// The token of the first tenant is taken by the second.
    TokensOpenBoth,
}

use Fault::*;

/// Every fault that is drawn. Two are not. The filters of `FilterLastNamed` find the very name that was asked for and
/// are empty later, so that a client cannot tell an object that is left from one that was never made. Nor can it tell
/// whose a reused id is while it does not read an object of its own after a DELETE at a server with
/// `ReadsEndWithDelete`.
const ALL: &[Fault] = &[
    UpsertWhole,
    UpsertId,
    UpsertLocation,
    UpsertNamesake,
    CreateForeignId,
    CreatePathId,
    CreateOtherId,
    CreateUnknownId,
    CreateFailsAfterwards,
    CreateFails,
    CreateUnanswered,
    CreateUnreadable,
    IdOnly,
    LocationOnly,
    NothingShown,
    LocationRelative,
    LocationElsewhere,
    LocationElsewhereForeign,
    LocationForeign,
    LocationRaw,
    LocationTwiceEncoded,
    LowerCase,
    UpperCase,
    NamesInGetsOnly,
    NamesNowhere,
    NumericIds,
    JsonNumberIds,
    OddIds,
    MetaTellsLast,
    PascalCase,
    FilterAll,
    FilterFirst,
    FilterForeign,
    FilterOneForeign,
    FilterByWords,
    FilterRefused,
    ListForeignIds,
    ListOtherIds,
    ListUnknownIds,
    ReadMissing,
    ReadSometimesMissing,
    ReadForbidden,
    ReadFails,
    ReadUnsupported,
    UnknownForbidden,
    ForeignHidden,
    ReadForeignId,
    ReadForeignWhole,
    ReadOtherId,
    ReadForeignAsOurs,
    ReferencesNamed,
    EverybodyGroup,
    PatchForeignWhole,
    PatchForeignId,
    DeleteRefused,
    DeleteSometimesRefused,
    DeleteFailsAfterwards,
    DeleteUnanswered,
    ReusedByForeign,
    ReusedByNext,
    ForeignArrives,
    TakenOver,
    PostToIdCreates,
    BulkForeignLocations,
    BulkSwappedLocations,
    BulkWithoutLocations,
    CalledOpaque,
];

/// What correct servers do differently; a run must be played on each of them as on any other.
pub const HARMLESS: &[Fault] = &[
    IdOnly,
    LocationOnly,
    LocationRelative,
    LowerCase,
    UpperCase,
    NamesInGetsOnly,
    NumericIds,
    OddIds,
    ReferencesNamed,
];

const READS_REFUSED: &[Fault] = &[
    ReadMissing,
    ReadSometimesMissing,
    ReadForbidden,
    ReadFails,
    ReadUnsupported,
    ForeignHidden,
    ReadForeignAsOurs,
];

/// A create names a foreign object.
const NAME_FOREIGN: &[Fault] = &[UpsertId, UpsertLocation, LocationForeign, BulkForeignLocations];

/// A filter on a random value finds somebody.
const FILTERS_IGNORED: &[Fault] = &[FilterAll, FilterFirst, FilterForeign, FilterOneForeign, FilterLastNamed];

/// The faults of one server.
#[derive(Debug, Clone, Default)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Exactly these.
    pub fn of(faults: &[Fault]) -> Self {
        Faults(faults.iter().copied().collect())
    }

    /// One to five of them, that can be told from outside.
    pub fn draw(random: &mut ChaCha8Rng) -> Self {
        let wanted = random.random_range(1..=5);
        let mut drawn = Faults::default();
        while drawn.0.len() < wanted {
            let Some(fault) = ALL.choose(random) else { break };
            let mut more = drawn.clone();
            more.0.insert(*fault);
            if more.can_be_told() {
                drawn = more;
            }
        }
        drawn
    }

    /// The same but these.
    pub fn without(mut self, left_out: &[Fault]) -> Self {
        self.0.retain(|fault| !left_out.contains(fault));
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }

    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    pub fn any(&self, faults: &[Fault]) -> bool {
        faults.iter().any(|fault| self.has(*fault))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// False for servers which a client cannot tell from right ones, so that nothing can be asked of it
    /// there. There are no more of them than these:
    ///
    /// - What was sent comes back under a foreign id, or a filter finds it there, and a read of that id
    ///   tells nothing. Every answer about that id is then the one of a server that made the object.
    /// - The user says that the server shows no names, and a create names a foreign object, which no answer
    ///   shows with its names: the user has said that this does not happen. Where a filter on a random value
    ///   finds somebody, what the user says has no effect.
    /// - The run's objects have gone, and no list shows whose their ids are now.
    /// - A read says that there is nothing under an id which is a foreign object's by now, while other
    ///   reads are right.
    ///
    /// A read that shows a foreign object under names of the run cannot be told either; the model has no
    /// such fault. For the same reason the ids of `*UnknownId` are never given to anybody later.
    fn can_be_told(&self) -> bool {
        let reads_tell = !self.any(READS_REFUSED) && !self.has(NamesNowhere);
        let echoes_foreign = self.any(&[CreateForeignId, CreatePathId, ListForeignIds]);
        let reused = self.any(&[ReusedByForeign, ReusedByNext]);
        let nameless = self.has(NamesNowhere) && self.any(&[UpsertWhole, UpsertNamesake]);
        let names_foreign = echoes_foreign || self.any(NAME_FOREIGN) || nameless || reused;
        let is_believed = self.has(CalledOpaque) && !self.any(FILTERS_IGNORED);
        let untold = [
            !reads_tell && echoes_foreign,
            !reads_tell && names_foreign && is_believed,
            reused && self.any(&[ReadSometimesMissing, ForeignHidden]),
            self.has(TakenOver) && self.any(&[NamesNowhere, ListForeignIds, ListOtherIds, ListUnknownIds]),
        ];
        !untold.contains(&true)
    }

    /// False for servers at which something of the run may be left that no answer speaks of: a create is answered with
    /// the id of another object of the run, and reads of it are 404 until the run has given that object the names of
    /// the new one. Every answer is then the one of a correct server.
    pub fn show_what_is_left(&self) -> bool {
        !(self.has(CreateOtherId) && self.any(&[ReadSometimesMissing, ReadFails]))
    }

    /// True when a client can find out what became of every create: by a filter on its name, or by a list.
    pub fn leave_everything_to_be_found(&self) -> bool {
        let hidden = [
            NamesNowhere,
            FilterAll,
            FilterFirst,
            FilterForeign,
            FilterOneForeign,
            FilterLastNamed,
            FilterByWords,
            FilterRefused,
            ListForeignIds,
            ListOtherIds,
            ListUnknownIds,
            ReadForeignId,
            ReadForeignWhole,
            ReadOtherId,
            ReadForeignAsOurs,
            UnknownForbidden,
            PatchForeignWhole,
            PatchForeignId,
            DeleteUnanswered,
            DeleteFailsAfterwards,
        ];
        !self.any(READS_REFUSED) && !self.any(&hidden)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(|fault| format!("{fault:?}")).collect();
        f.write_str(if names.is_empty() { "none" } else { "" })?;
        f.write_str(&names.join(" "))
    }
}
