//! What a record is, as C describes it, into a schema; and a schema as C reads it.
//!
//! Invariant: a `Described` owns every text and array that its `Layout` points to, and never changes.
//!
//! Price: some strings for each region that is opened; none for a record.

use crate::border::Caller;
use crate::failure::{EMPTY, Failure, c_string, refuse};
use mapcast::dynamic::{self, CType, FieldSpec, Scalar, Schema};
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::Arc;

/// A name for one value of a field: 1 is "on".
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The value.
    pub value: i64,
    /// Its name.
    pub text: *const c_char,
}

/// One field of a record. MAPCAST_FIELD makes it out of a member of a struct.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, a C identifier.
    pub name: *const c_char,
    /// Its unit: "m/s"; "" or NULL: none.
    pub unit: *const c_char,
    /// One sentence for people; "" or NULL: none.
    pub help: *const c_char,
    /// Names for values; NULL: none.
    pub labels: *const Label,
    /// How many labels there are.
    pub label_count: u32,
    /// MAPCAST_I8 to MAPCAST_CHAR.
    pub r#type: u32,
    /// Elements of an array; 0: it is none.
    pub count: u32,
    /// Bytes from the beginning of the record; MAPCAST_AUTO: behind the field before, by the rules of C.
    /// MAPCAST_AUTO is for opening only: mapcast_get_f64 and the like take a field of a handle's layout.
    pub offset: u32,
    /// NULL.
    pub reserved: [*const c_void; 2],
}

/// What a record is: the fields of a struct. MAPCAST_LAYOUT makes it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The name of the record, a C identifier.
    pub name: *const c_char,
    /// How a record is printed as one line: "{x:.2} m, {label}"; NULL: every field.
    pub line: *const c_char,
    /// The fields.
    pub fields: *const Field,
    /// How many fields there are.
    pub field_count: u32,
    /// sizeof the struct; 0: what its fields take.
    pub size: u32,
    /// NULL.
    pub reserved: [*const c_void; 2],
}

/// int8_t
pub const MAPCAST_I8: u32 = 1;
/// int16_t
pub const MAPCAST_I16: u32 = 2;
/// int32_t
pub const MAPCAST_I32: u32 = 3;
/// int64_t
pub const MAPCAST_I64: u32 = 4;
/// uint8_t
pub const MAPCAST_U8: u32 = 5;
/// uint16_t
pub const MAPCAST_U16: u32 = 6;
/// uint32_t
pub const MAPCAST_U32: u32 = 7;
/// uint64_t
pub const MAPCAST_U64: u32 = 8;
/// float
pub const MAPCAST_F32: u32 = 9;
/// double
pub const MAPCAST_F64: u32 = 10;
/// bool: any byte but 0 is true
pub const MAPCAST_BOOL: u32 = 11;
/// char: one byte of text; an array of them is a text
pub const MAPCAST_CHAR: u32 = 12;
/// As an offset: after the previous field, aligned as C does.
pub const MAPCAST_AUTO: u32 = u32::MAX;

/// The schema that a program describes.
pub(crate) fn schema_of(caller: &Caller, layout: *const Layout) -> Result<Schema, Failure> {
    let layout = caller.object(layout, "mapcast_layout")?;
    let name = caller.text(layout.name, "name of the record")?;
    expect_null(layout.reserved, name)?;
    let mut builder = Schema::builder(name);
    for field in caller.array(layout.fields, layout.field_count, "array of fields")? {
        builder = builder.field(spec_of(caller, field)?);
    }
    if !layout.line.is_null() {
        builder = builder.line(caller.text(layout.line, "line")?);
    }
    let schema = builder.build()?;
    if layout.size != 0 && layout.size != schema.size() {
        let (has, listed) = (layout.size, schema.size());
        let fact = format!("sizeof the struct of {name} is {has}, and its fields make {listed}");
        let code = crate::error::MAPCAST_ERR_BAD_LAYOUT;
        let advice = "list all of its members, and give it no larger alignment than theirs";
        return Err(Failure::new(code, fact, advice));
    }
    Ok(schema)
}

/// The schema that a program describes; NULL: that of the region.
pub(crate) fn expected(
    caller: &Caller,
    layout: *const Layout,
) -> Result<Option<Arc<Schema>>, Failure> {
    if layout.is_null() { Ok(None) } else { Ok(Some(Arc::new(schema_of(caller, layout)?))) }
}

fn spec_of(caller: &Caller, field: &Field) -> Result<FieldSpec, Failure> {
    let name = caller.text(field.name, "name of a field")?;
    expect_null(field.reserved, name)?;
    let mut spec = FieldSpec::new(name, ctype_of(name, field)?)
        .unit(caller.text_or_empty(field.unit, "unit")?)
        .help(caller.text_or_empty(field.help, "help")?);
    if field.offset != MAPCAST_AUTO {
        spec = spec.offset(field.offset);
    }
    for label in caller.array(field.labels, field.label_count, "array of labels")? {
        spec = spec.label(label.value, caller.text(label.text, "text of a label")?);
    }
    Ok(spec)
}

/// What a later library reads has to be NULL, not what was in memory that was not cleared.
fn expect_null(reserved: [*const c_void; 2], of: &str) -> Result<(), Failure> {
    if reserved.iter().all(|pointer| pointer.is_null()) {
        return Ok(());
    }
    Err(refuse(format!("reserved of {of} is not NULL"), "begin with a struct that is all zero"))
}

fn ctype_of(name: &str, field: &Field) -> Result<CType, Failure> {
    let code = field.r#type;
    let scalar = u8::try_from(code).ok().and_then(Scalar::from_code).ok_or_else(|| {
        refuse(format!("field {name} has no type {code}"), "use MAPCAST_I8 to MAPCAST_CHAR")
    })?;
    Ok(if field.count == 0 { scalar.into() } else { CType::array(scalar, field.count)? })
}

/// Element number `element` of a field as a record of its own, in the place it has in the whole record.
pub(crate) fn element(
    caller: &Caller,
    field: *const Field,
    element: u32,
) -> Result<Schema, Failure> {
    let mut field = *placed(caller, field)?;
    let name = caller.text(field.name, "name of a field")?;
    let size = ctype_of(name, &field)?.element().size();
    if field.count != 0 && field.r#type != MAPCAST_CHAR {
        if element >= field.count {
            let fact = format!("field {name} has no element {element}");
            return Err(refuse(fact, format!("it has {}, counted from 0", field.count)));
        }
        field.count = 0;
        field.offset = element_offset(&field, element, size).ok_or_else(|| {
            refuse(format!("field {name} has offset {}", field.offset), "no record is that large")
        })?;
    } else if element != 0 {
        let fact = format!("field {name} has no element {element}");
        return Err(refuse(fact, "it is one value: pass 0"));
    }
    alone(caller, &field)
}

/// Where an element is. Its offset must not become MAPCAST_AUTO, which is another place.
fn element_offset(field: &Field, element: u32, size: u32) -> Option<u32> {
    let offset = field.offset.checked_add(element.checked_mul(size)?)?;
    (offset != MAPCAST_AUTO).then_some(offset)
}

/// A field as a record of its own, in the place it has in the whole record.
pub(crate) fn whole(caller: &Caller, field: *const Field) -> Result<Schema, Failure> {
    alone(caller, placed(caller, field)?)
}

/// A field whose offset is a number: where one of `MAPCAST_AUTO` is depends on the fields before it.
fn placed(caller: &Caller, field: *const Field) -> Result<&Field, Failure> {
    let field = caller.object(field, "mapcast_field")?;
    if field.offset != MAPCAST_AUTO {
        return Ok(field);
    }
    let name = caller.text(field.name, "name of a field")?;
    let fact = format!("the offset of field {name} is MAPCAST_AUTO, which is for opening only");
    Err(refuse(fact, "take the field from mapcast_writer_layout or mapcast_reader_layout"))
}

fn alone(caller: &Caller, field: &Field) -> Result<Schema, Failure> {
    Ok(Schema::builder("Field").field(spec_of(caller, field)?).build()?)
}

/// A schema as C reads it.
#[derive(Debug)]
struct Described {
    schema: Arc<Schema>,
    layout: Layout,
    /// What `layout` points to, which in turn points to these.
    _fields: Vec<Field>,
    _labels: Vec<Vec<Label>>,
    _texts: Vec<CString>,
}

impl Described {
    fn new(schema: &Arc<Schema>) -> Self {
        let mut texts = Vec::new();
        let labels: Vec<Vec<Label>> =
            schema.fields().iter().map(|field| labels_of(field, &mut texts)).collect();
        let each = schema.fields().iter().zip(&labels);
        let fields: Vec<Field> =
            each.map(|(field, labels)| field_of(field, labels, &mut texts)).collect();
        let layout = Layout {
            name: keep(schema.name(), &mut texts),
            line: schema.line().map_or(ptr::null(), |line| keep(line.text(), &mut texts)),
            fields: fields.as_ptr(),
            field_count: count_of(&fields),
            size: schema.size(),
            reserved: [ptr::null(); 2],
        };
        Self { schema: schema.clone(), layout, _fields: fields, _labels: labels, _texts: texts }
    }
}

/// The descriptions that a handle has returned, for each schema that it has had: they stay where they are until
/// it is closed.
#[derive(Debug, Default)]
#[allow(clippy::vec_box)] // each stays where it is when there are more
pub(crate) struct Descriptions(Vec<Box<Described>>);

impl Descriptions {
    /// That of `schema`.
    pub(crate) fn of(&mut self, schema: &Arc<Schema>) -> &Layout {
        let known = self.0.iter().position(|kept| kept.schema == *schema);
        let at = known.unwrap_or_else(|| {
            self.0.push(Box::new(Described::new(schema)));
            self.0.len() - 1
        });
        &self.0[at].layout
    }
}

fn labels_of(field: &dynamic::Field, texts: &mut Vec<CString>) -> Vec<Label> {
    let label =
        |label: &dynamic::Label| Label { value: label.value, text: keep(&label.text, texts) };
    field.labels().iter().map(label).collect()
}

fn field_of(field: &dynamic::Field, labels: &[Label], texts: &mut Vec<CString>) -> Field {
    Field {
        name: keep(field.name(), texts),
        unit: keep(field.unit(), texts),
        help: keep(field.help(), texts),
        labels: if labels.is_empty() { ptr::null() } else { labels.as_ptr() },
        label_count: count_of(labels),
        r#type: field.ctype().element().code().into(),
        count: field.ctype().count().unwrap_or(0),
        offset: field.offset(),
        reserved: [ptr::null(); 2],
    }
}

/// Keeps `text` in `texts`, whose strings stay where they are when it grows.
fn keep(text: &str, texts: &mut Vec<CString>) -> *const c_char {
    if text.is_empty() {
        return EMPTY.as_ptr();
    }
    texts.push(c_string(text));
    texts.last().map_or(EMPTY.as_ptr(), |kept| kept.as_ptr())
}

/// A schema has far fewer than a `u32` counts.
#[allow(clippy::cast_possible_truncation)]
fn count_of<T>(items: &[T]) -> u32 {
    items.len() as u32
}
