//! Files that take the name of a region: regions with other schemas, and other files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use layout::{CType, FieldSpec, Scalar, Schema};
use region::{DynWriter, Options};

/// Contents, and the path where they are written before they get the name.
#[derive(Debug)]
pub(super) struct Files {
    contents: Vec<Vec<u8>>,
    aside: PathBuf,
}

impl Files {
    /// The first is `image`; the others are made by means of a file beside `path`.
    pub(super) fn beside(path: &Path, image: &[u8]) -> Self {
        let aside = path.with_extension("aside");
        let mut contents = vec![image.to_vec(), Vec::new(), b"no region\n".repeat(100)];
        contents.push(image[..image.len() / 2].to_vec());
        for schema in [numbers(), large()] {
            let mut writer =
                DynWriter::open_with(&aside, &schema, &Options::new().slots(4)).expect("a region");
            writer.publish(&vec![0xa5; schema.size() as usize]).expect("a record");
            drop(writer);
            contents.push(fs::read(&aside).expect("our own file"));
            fs::remove_file(&aside).expect("our own file");
        }
        Self { contents, aside }
    }

    pub(super) fn len(&self) -> usize {
        self.contents.len()
    }

    /// Replaces `path` by a new file with content number `chosen`.
    pub(super) fn put(&self, chosen: usize, path: &Path) -> io::Result<()> {
        fs::write(&self.aside, &self.contents[chosen])?;
        fs::rename(&self.aside, path)
    }
}

fn numbers() -> Schema {
    let array = CType::array(Scalar::F64, 100).expect("an array");
    let field = FieldSpec::new("n", array).unit("m");
    Schema::builder("NUMBERS").field(field).line("{n:.32}").build().expect("a record")
}

/// The largest possible schema.
fn large() -> Schema {
    let help = "h".repeat(900);
    let fields = (0..1000).map(|i| FieldSpec::new(format!("f{i}"), Scalar::U8).help(&help));
    Schema::builder("LARGE").fields(fields).build().expect("just below 1 MiB")
}
