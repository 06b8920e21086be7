use std::borrow::Cow;

use super::expression::{Circumstances, Value, boolean_text};
use super::guest;
use super::roles::APP_ROLE_ASSIGNMENTS;
use super::{
    AttributeMapping, FlowType, ObjectActions, RoleFunction, ScopingFilter, TargetKind, TargetValue,
    ValueSource,
};
use crate::entra::directory::{AppRole, Object, SourceValue};
use crate::scim::same_name;

/// The mappings of one kind of object, in the profile's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectMapping {
    /// The rows.
    pub rows: Vec<AttributeMapping>,
    /// What the job may do to objects at the target.
    pub actions: ObjectActions,
    /// Who is in scope beyond their assignment; without groups of clauses everybody is.
    pub filter: ScopingFilter,
}

/// A user or a group as mappings read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MappingSubject<'a> {
    /// The object.
    pub object: Object<'a>,
    /// The computed attribute `IsSoftDeleted`, as `entra::scope` judges it.
    pub is_soft_deleted: bool,
    /// What expressions depend on besides the object.
    pub circumstances: Circumstances<'a>,
}

impl<'a> MappingSubject<'a> {
    /// The value of a source attribute; `None` is null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, SourceValue>> {
        if name == super::IS_SOFT_DELETED.name {
            return Some(Cow::Owned(SourceValue::Boolean(self.is_soft_deleted)));
        }
        guest::source_value(self.object, name)
    }

    /// The circumstances of one row: every object and every target draws random values of its own.
    fn circumstances_of(&self, target: &str) -> Circumstances<'a> {
        self.circumstances.drawn_for(&[self.object.id().as_str(), target])
    }
}

/// What a value is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A new object: defaults stand in for nulls.
    Create,
    /// An object that is there: no defaults, and no row that is applied only on creation.
    Update,
}

/// Why a row has no value although its source has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{target}` cannot be computed: {message}")]
pub struct EvaluationError {
    /// The row's target as written.
    pub target: String,
    /// What is wrong.
    pub message: String,
}

/// What a row's source gives.
enum Computed {
    Value(TargetValue),
    Null,
    /// `IgnoreFlowIfNullOrEmpty` and its like: not even a default flows.
    LeftOut,
}

impl ObjectMapping {
    /// Names of the source attributes that rows and filters read, some of them more than once.
    pub fn attributes_read(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().flat_map(|row| match &row.source {
            ValueSource::Attribute(attribute) => vec![attribute.name],
            ValueSource::Roles(_) => vec![APP_ROLE_ASSIGNMENTS],
            ValueSource::Expression(expression) => {
                expression.attributes().into_iter().map(|(name, _)| name).collect()
            }
            ValueSource::Constant(_) | ValueSource::None => Vec::new(),
        });
        let filtered = self.filter.groups.iter().flat_map(|group| &group.clauses);
        rows.chain(filtered.map(|clause| clause.attribute().name))
    }

    /// These rows, every action, and no scoping filter.
    #[must_use]
    pub fn new(rows: Vec<AttributeMapping>) -> Self {
        ObjectMapping { rows, ..ObjectMapping::default() }
    }

    /// Matching rows, first precedence first.
    #[must_use]
    pub fn matching(&self) -> Vec<&AttributeMapping> {
        let mut rows: Vec<_> = self.rows.iter().filter(|row| row.matching.is_some()).collect();
        rows.sort_by_key(|row| row.matching);
        rows
    }

    /// The row for that target; see [`AttributeMapping::is`]. A row whose whole path is named wins
    /// over one that is named without its schema.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&AttributeMapping> {
        self.rows.iter().find(|row| row.target.is(name)).or_else(|| self.rows.iter().find(|row| row.is(name)))
    }

    /// What flows to the target: each row that is applied in this phase, with its value or null.
    /// Of an update, [`FlowType::updates`] decides once it is known what the target holds. A row
    /// without a source fills an empty target in both phases.
    ///
    /// # Errors
    /// [`EvaluationError`] for the first row that cannot be computed.
    pub fn evaluate(
        &self,
        subject: &MappingSubject<'_>,
        phase: Phase,
    ) -> Result<Vec<(&AttributeMapping, Option<TargetValue>)>, EvaluationError> {
        self.rows
            .iter()
            .filter(|row| phase == Phase::Create || row.flow != FlowType::ObjectAddOnly)
            .filter_map(|row| match row.computed(subject) {
                Ok(Computed::Value(value)) => Some(Ok((row, Some(value)))),
                Ok(Computed::Null) if phase == Phase::Create || row.source == ValueSource::None => {
                    Some(row.default_value().map(|default| (row, default)))
                }
                Ok(Computed::Null) => Some(Ok((row, None))),
                Ok(Computed::LeftOut) => None,
                Err(error) => Some(Err(error)),
            })
            .collect()
    }
}

impl AttributeMapping {
    /// What the source gives for the target, whatever the phase; `None` is null. Matching compares
    /// with this.
    ///
    /// # Errors
    /// [`EvaluationError`].
    pub fn value(&self, subject: &MappingSubject<'_>) -> Result<Option<TargetValue>, EvaluationError> {
        Ok(match self.computed(subject)? {
            Computed::Value(value) => Some(value),
            Computed::Null | Computed::LeftOut => None,
        })
    }

    fn computed(&self, subject: &MappingSubject<'_>) -> Result<Computed, EvaluationError> {
        let value = match &self.source {
            ValueSource::Attribute(attribute) => {
                subject.get(attribute.name).map(|value| self.direct(value.into_owned())).transpose()
            }
            ValueSource::Constant(text) => self.typed(text.clone()).map(Some),
            ValueSource::None => Ok(None),
            ValueSource::Roles(function) => match subject.object {
                Object::User(user) => self.roles(*function, user.app_roles()),
                Object::Group(_) => Ok(None),
            },
            ValueSource::Expression(expression) => {
                let source = |name: &str| subject.get(name).and_then(as_argument);
                let outcome = expression
                    .evaluate(&source, &subject.circumstances_of(&self.written))
                    .map_err(|error| self.error(error.to_string()))?;
                if outcome.ignored {
                    return Ok(Computed::LeftOut);
                }
                match outcome.value.map(Value::into_text) {
                    Some(Ok(text)) => self.typed(text.into_owned()).map(Some),
                    Some(Err(texts)) => Ok(Some(TargetValue::Texts(texts.into_owned()))),
                    None => Ok(None),
                }
            }
        };
        Ok(value?.map_or(Computed::Null, Computed::Value))
    }

    fn roles(
        &self,
        function: RoleFunction,
        roles: &[AppRole],
    ) -> Result<Option<TargetValue>, EvaluationError> {
        let Some(first) = roles.first() else { return Ok(None) };
        match function {
            RoleFunction::Single if self.role_function().is_none() => {
                self.typed(first.display_name.clone()).map(Some)
            }
            RoleFunction::Single => {
                let text = match self.target.sub.as_deref() {
                    Some(sub) if same_name(sub, "display") => &first.display_name,
                    Some(sub) if same_name(sub, "type") => return Ok(None),
                    _ => &first.value,
                };
                Ok(Some(TargetValue::Text(text.clone())))
            }
            RoleFunction::Plain => {
                Ok(Some(TargetValue::Texts(roles.iter().map(|role| role.value.clone()).collect())))
            }
            RoleFunction::Complex | RoleFunction::Assertive => Ok(Some(TargetValue::Roles(roles.to_vec()))),
        }
    }

    fn default_value(&self) -> Result<Option<TargetValue>, EvaluationError> {
        self.default.clone().map(|text| self.typed(text)).transpose()
    }

    fn direct(&self, value: SourceValue) -> Result<TargetValue, EvaluationError> {
        match value {
            SourceValue::Text(text) => self.typed(text),
            SourceValue::Boolean(value) => self.typed(boolean_text(value).to_owned()),
            SourceValue::Texts(texts) => Ok(TargetValue::Texts(texts)),
            SourceValue::Reference(id) => Ok(TargetValue::Reference(id)),
            SourceValue::References(ids) => Ok(TargetValue::References(ids)),
            SourceValue::Roles(roles) => Ok(TargetValue::Roles(roles)),
        }
    }

    /// A text as the target's kind takes it.
    fn typed(&self, text: String) -> Result<TargetValue, EvaluationError> {
        match self.target_kind() {
            TargetKind::Text | TargetKind::Reference => Ok(TargetValue::Text(text)),
            TargetKind::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(TargetValue::Boolean(true)),
                "false" => Ok(TargetValue::Boolean(false)),
                _ => Err(self.error(format!("the target is Boolean, and the value is \"{text}\""))),
            },
            TargetKind::Integer => text
                .trim()
                .parse()
                .map(TargetValue::Integer)
                .map_err(|_| self.error(format!("the target is Integer, and the value is \"{text}\""))),
        }
    }

    fn error(&self, message: String) -> EvaluationError {
        EvaluationError { target: self.written.clone(), message }
    }
}

/// A source value as expressions see it. References do not take part in expressions.
fn as_argument(value: Cow<'_, SourceValue>) -> Option<Value<'_>> {
    match value {
        Cow::Borrowed(SourceValue::Text(text)) => Some(Value::from(text.as_str())),
        Cow::Owned(SourceValue::Text(text)) => Some(Value::from(text)),
        Cow::Borrowed(SourceValue::Texts(texts)) => Some(Value::Texts(Cow::Borrowed(texts))),
        Cow::Owned(SourceValue::Texts(texts)) => Some(Value::Texts(Cow::Owned(texts))),
        Cow::Borrowed(SourceValue::Boolean(value)) => Some(Value::Boolean(*value)),
        Cow::Owned(SourceValue::Boolean(value)) => Some(Value::Boolean(value)),
        Cow::Borrowed(SourceValue::Reference(_) | SourceValue::References(_) | SourceValue::Roles(_))
        | Cow::Owned(SourceValue::Reference(_) | SourceValue::References(_) | SourceValue::Roles(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::directory::{Group, ObjectId, ObjectKind, User};
    use crate::entra::mapping::expression::Expression;
    use crate::entra::mapping::source_attribute;

    fn direct(target: &str, source: &str) -> AttributeMapping {
        let source = source_attribute(ObjectKind::User, source).expect("it is an attribute of a user");
        AttributeMapping::new(target, ValueSource::Attribute(source)).expect("it is a path")
    }

    fn computed(target: &str, expression: &str) -> AttributeMapping {
        let expression = Expression::parse(expression).expect("it is an expression");
        AttributeMapping::new(target, ValueSource::Expression(expression)).expect("it is a path")
    }

    fn ada() -> User {
        User::new(ObjectId::new("1"))
            .with("userPrincipalName", "ada@example.com")
            .and_then(|user| user.with("otherMails", SourceValue::Texts(vec!["a@example.com".into()])))
            .expect("attributes of a user")
    }

    fn values(
        rows: Vec<AttributeMapping>,
        user: &User,
        leaver: bool,
        phase: Phase,
    ) -> Vec<Option<TargetValue>> {
        let subject = MappingSubject {
            object: Object::User(user),
            is_soft_deleted: leaver,
            circumstances: Circumstances::default(),
        };
        let mapping = ObjectMapping::new(rows);
        let pairs = mapping.evaluate(&subject, phase).expect("every row has a value or null");
        pairs.into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn the_switch_on_is_soft_deleted_gives_a_boolean_where_the_target_is_one() {
        let switch = r#"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#;
        let rows = || vec![computed("active", switch), computed("title", switch)];
        assert_eq!(
            values(rows(), &ada(), true, Phase::Update),
            [Some(TargetValue::Boolean(false)), Some(TargetValue::Text("False".into()))]
        );
        assert_eq!(values(rows(), &ada(), false, Phase::Update)[0], Some(TargetValue::Boolean(true)));
    }

    #[test]
    fn a_default_stands_in_for_null_on_creation_and_never_on_update() {
        let row = AttributeMapping { default: Some("Staff".into()), ..direct("title", "jobTitle") };
        let create = values(vec![row.clone()], &ada(), false, Phase::Create);
        assert_eq!(create, [Some(TargetValue::Text("Staff".into()))]);
        assert_eq!(values(vec![row], &ada(), false, Phase::Update), [None]);
    }

    #[test]
    fn what_an_expression_leaves_out_of_the_flow_has_no_default_either() {
        let row = computed("title", "IgnoreFlowIfNullOrEmpty([jobTitle])");
        let row = AttributeMapping { default: Some("Staff".into()), ..row };
        assert_eq!(values(vec![row.clone()], &ada(), false, Phase::Create), []);
        let engineer = ada().with("jobTitle", "Engineer").expect("an attribute of users");
        let value = values(vec![row], &engineer, false, Phase::Create);
        assert_eq!(value, [Some(TargetValue::Text("Engineer".into()))]);
    }

    #[test]
    fn random_values_differ_from_row_to_row_and_not_from_time_to_time() {
        let rows = || vec![computed("title", "Guid()"), computed("nickName", "Guid()")];
        let first = values(rows(), &ada(), false, Phase::Create);
        assert_ne!(first[0], first[1]);
        assert_eq!(first, values(rows(), &ada(), false, Phase::Create));
    }

    #[test]
    fn a_row_for_creation_alone_is_no_part_of_an_update() {
        let row =
            AttributeMapping { flow: FlowType::ObjectAddOnly, ..direct("userName", "userPrincipalName") };
        assert_eq!(values(vec![row.clone()], &ada(), false, Phase::Create).len(), 1);
        assert_eq!(values(vec![row], &ada(), false, Phase::Update), []);
    }

    #[test]
    fn references_are_known_by_their_source() {
        let mut user = ada();
        assert_eq!(values(vec![direct("manager", "manager")], &user, false, Phase::Create), [None]);
        user = {
            let mut tenant = crate::entra::directory::Tenant::new();
            tenant.add_user(User::new(ObjectId::new("2"))).expect("new");
            tenant.add_user(user).expect("new");
            tenant.set_manager(&ObjectId::new("1"), Some(ObjectId::new("2"))).expect("both are there");
            tenant.state().user(&ObjectId::new("1")).cloned().expect("just added")
        };
        let row = direct("manager", "manager");
        assert!(row.is_reference());
        let value = values(vec![row], &user, false, Phase::Create);
        assert_eq!(value, [Some(TargetValue::Reference(ObjectId::new("2")))]);
    }

    #[test]
    fn what_is_no_boolean_cannot_flow_to_one() {
        let user = ada();
        let subject = MappingSubject {
            object: Object::User(&user),
            is_soft_deleted: false,
            circumstances: Circumstances::default(),
        };
        let error = direct("active", "userPrincipalName").value(&subject).expect_err("a name is no boolean");
        assert_eq!(
            error.to_string(),
            "`active` cannot be computed: the target is Boolean, and the value is \"ada@example.com\""
        );
    }

    #[test]
    fn a_boolean_source_flows_as_the_target_takes_it() {
        let rows = vec![direct("active", "accountEnabled"), direct("title", "accountEnabled")];
        assert_eq!(
            values(rows, &ada(), false, Phase::Create),
            [Some(TargetValue::Boolean(true)), Some(TargetValue::Text("True".into()))]
        );
    }

    #[test]
    fn several_values_stay_several() {
        let value = values(vec![direct("nickName", "otherMails")], &ada(), false, Phase::Create);
        assert_eq!(value, [Some(TargetValue::Texts(vec!["a@example.com".into()]))]);
    }

    #[test]
    fn a_row_is_found_by_its_path_in_any_letter_case_and_without_its_schema() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let mapping = ObjectMapping::new(vec![
            direct("userName", "userPrincipalName").matching(2),
            direct("externalId", "mailNickname").matching(1),
            direct(&format!("{urn}:manager"), "manager"),
            direct("emails[type eq \"work\"].value", "mail"),
        ]);
        let found = |name: &str| mapping.find(name).map(|row| row.written.as_str());
        assert_eq!(found("USERNAME"), Some("userName"));
        assert_eq!(found("manager"), Some(format!("{urn}:manager").as_str()));
        assert_eq!(found(&format!("{urn}:manager")), Some(format!("{urn}:manager").as_str()));
        assert_eq!(found("emails[type eq \"work\"].value"), Some("emails[type eq \"work\"].value"));
        assert_eq!(found("emails[type eq \"home\"].value"), None);
        assert_eq!(found("title"), None);
        let order: Vec<_> = mapping.matching().iter().map(|row| row.written.as_str()).collect();
        assert_eq!(order, ["externalId", "userName"]);
    }

    #[test]
    fn a_group_without_members_has_none_to_flow() {
        let group = Group::new(ObjectId::new("3"), "Team");
        let subject = MappingSubject {
            object: Object::Group(&group),
            is_soft_deleted: false,
            circumstances: Circumstances::default(),
        };
        let source = source_attribute(ObjectKind::Group, "members").expect("groups have members");
        let row = AttributeMapping::new("members", ValueSource::Attribute(source)).expect("a path");
        assert_eq!(row.value(&subject), Ok(None));
    }
}
