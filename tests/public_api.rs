//! `docs/public-api.txt` lists what the library promises: the items that `src/lib.rs` exports at its root, and the public
//! items of the stable modules. A change of it is a change for those who use the library.
//!
//! After a deliberate change: `SNAPSHOTS=overwrite cargo test --test public_api`, and read the difference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{
    Fields, ImplItem, Item, ItemEnum, ItemImpl, ItemStruct, ItemUse, ReturnType, Type, UseTree, Visibility,
};

/// Modules all of whose public items are promised. Of the others, only what the root exports.
const STABLE: &[&str] = &["testserver"];

/// The source of a module, for one below `src` as `run/verdict`.
fn file_of(module: &[String]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module.join("/"));
    let flat = source.with_extension("rs");
    if flat.exists() { flat } else { source.join("mod.rs") }
}

fn items(file: &Path) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&text).unwrap().items
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The paths that a `use` names, each with the name it gives.
fn exported(tree: &UseTree, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    match tree {
        UseTree::Path(path) => {
            let mut here = before.to_vec();
            here.push(path.ident.to_string());
            exported(&path.tree, &here, found);
        }
        UseTree::Name(name) => {
            let mut here = before.to_vec();
            here.push(name.ident.to_string());
            found.push((here, name.ident.to_string()));
        }
        UseTree::Rename(rename) => {
            let mut here = before.to_vec();
            here.push(rename.ident.to_string());
            found.push((here, rename.rename.to_string()));
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| exported(tree, before, found)),
        UseTree::Glob(_) => panic!("`pub use …::*` hides what is promised: name each item"),
    }
}

fn public_uses(items: &[Item]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(ItemUse { vis, tree, .. }) = item
            && is_public(vis)
        {
            exported(tree, &[], &mut found);
        }
    }
    found
}

/// An item by its path below the crate, wherever it is defined: `suite::Suite` leads through the `pub use`s of `suite`.
fn defined(path: &[String]) -> Item {
    let (name, module) = path.split_last().unwrap();
    let module: Vec<String> = module.iter().filter(|part| *part != "crate").cloned().collect();
    let items = items(&file_of(&module));
    if let Some(item) = items.iter().find(|item| name_of(item).is_some_and(|it| it == *name)) {
        return item.clone();
    }
    let through = public_uses(&items).into_iter().find(|(_, given)| given == name);
    let (further, _) = through.unwrap_or_else(|| panic!("{} is not defined", path.join("::")));
    let path = match further.first().map(String::as_str) {
        Some("crate") => further,
        _ => module.into_iter().chain(further).collect(),
    };
    defined(&path)
}

/// The name of a public item.
fn name_of(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        Item::Enum(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        Item::Fn(item) if is_public(&item.vis) => Some(item.sig.ident.to_string()),
        Item::Trait(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        Item::Const(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        Item::Type(item) if is_public(&item.vis) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// Code as one reads it: the tokens stand apart only where they must.
fn written(tokens: impl quote::ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (apart, together) in [
        (" :: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("' ", "'"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        (" ;", ";"),
    ] {
        text = text.replace(apart, together);
    }
    text.replace(",)", ")")
        .replace("->", "-> ")
        .replace("->  ", "-> ")
        .replace(">->", "> ->")
        .replace("=(", "= (")
}

fn fields(fields: &Fields, must_be_public: bool) -> Vec<String> {
    let shown = |field: &syn::Field| !must_be_public || is_public(&field.vis);
    let line = |field: &syn::Field| {
        let name = field.ident.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{name}{}", written(&field.ty))
    };
    fields.iter().filter(|field| shown(field)).map(line).collect()
}

fn has(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// What an item promises, a line each, below its name.
fn lines(item: &Item, path: &str, impls: &BTreeMap<String, Vec<ItemImpl>>) -> Vec<String> {
    let mut lines = Vec::new();
    let name = name_of(item).unwrap_or_default();
    match item {
        Item::Struct(ItemStruct { fields: held, .. }) => {
            lines.push(format!("struct {path}"));
            lines.extend(fields(held, true).into_iter().map(|field| format!("{path}.{field}")));
        }
        Item::Enum(ItemEnum { variants, attrs, .. }) => {
            let open = if has(attrs, "non_exhaustive") { "non_exhaustive " } else { "" };
            lines.push(format!("{open}enum {path}"));
            for variant in variants {
                let held = fields(&variant.fields, false).join(", ");
                lines.push(match &variant.fields {
                    Fields::Unit => format!("{path}::{}", variant.ident),
                    Fields::Named(_) => format!("{path}::{} {{ {held} }}", variant.ident),
                    Fields::Unnamed(_) => format!("{path}::{}({held})", variant.ident),
                });
            }
        }
        Item::Fn(item) => {
            let module = path.rsplit_once("::").map_or("", |(module, _)| module);
            let signature = &item.sig;
            lines.push(signature_of(signature, module));
        }
        _ => panic!("{path}: say in this test how such an item is listed"),
    }
    for block in impls.get(&name).into_iter().flatten() {
        match &block.trait_ {
            // What errors are made from is not promised.
            Some((_, implemented, _)) if implemented.segments.last().unwrap().ident == "From" => {}
            Some((_, implemented, _)) => lines.push(format!("impl {} for {path}", written(implemented))),
            None => {
                for item in &block.items {
                    match item {
                        ImplItem::Fn(item) if is_public(&item.vis) => {
                            lines.push(signature_of(&item.sig, path));
                        }
                        ImplItem::Const(item) if is_public(&item.vis) => {
                            lines.push(format!("const {path}::{}: {}", item.ident, written(&item.ty)));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    lines.extend(derived(item).into_iter().map(|derived| format!("impl {derived} for {path}")));
    lines[1..].sort();
    lines
}

fn signature_of(signature: &syn::Signature, path: &str) -> String {
    // That the body changes its own copy of an argument concerns no caller.
    let unchanged = |input: String| input.strip_prefix("mut ").map(str::to_owned).unwrap_or(input);
    let inputs: Vec<String> = signature.inputs.iter().map(written).map(unchanged).collect();
    let returned = match &signature.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, returned) => format!(" -> {}", written(returned)),
    };
    let asynchronous = if signature.asyncness.is_some() { "async " } else { "" };
    let generics = written(&signature.generics);
    format!("{asynchronous}fn {path}::{}{generics}({}){returned}", signature.ident, inputs.join(", "))
}

/// The traits that are derived.
fn derived(item: &Item) -> Vec<String> {
    let attributes = match item {
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        _ => return Vec::new(),
    };
    let mut derived = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        attribute
            .parse_nested_meta(|meta| {
                derived.push(written(&meta.path));
                Ok(())
            })
            .unwrap();
    }
    derived
}

/// Every `impl` of the source by the name of its type.
fn all_impls() -> BTreeMap<String, Vec<ItemImpl>> {
    fn read(folder: &Path, impls: &mut BTreeMap<String, Vec<ItemImpl>>) {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                read(&path, impls);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                for item in items(&path) {
                    if let Item::Impl(block) = item
                        && let Type::Path(of) = &*block.self_ty
                        && let Some(last) = of.path.segments.last()
                    {
                        impls.entry(last.ident.to_string()).or_default().push(block);
                    }
                }
            }
        }
    }
    let mut impls = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut impls);
    impls
}

#[test]
fn the_public_api_is_the_one_in_the_list() {
    let root = items(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let impls = all_impls();
    let mut blocks: Vec<Vec<String>> = public_uses(&root)
        .into_iter()
        .map(|(path, name)| lines(&defined(&path), &format!("scimulate::{name}"), &impls))
        .collect();
    for module in STABLE {
        let of_module = items(&file_of(&[(*module).to_owned()]));
        for item in of_module.iter().filter(|item| name_of(item).is_some()) {
            let path = format!("scimulate::{module}::{}", name_of(item).unwrap());
            blocks.push(lines(item, &path, &impls));
        }
    }
    blocks.sort();
    let listing: Vec<String> = blocks.into_iter().map(|block| block.join("\n")).collect();
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/public-api.txt");
    snapbox::Assert::new()
        .action_env("SNAPSHOTS")
        .eq(listing.join("\n\n") + "\n", snapbox::Data::read_from(&expected, None).raw());
}

#[test]
fn items_that_are_only_passed_on_are_found_where_they_are_defined() {
    let path = ["suite", "SuiteError"].map(str::to_owned);
    assert_eq!(name_of(&defined(&path)).as_deref(), Some("SuiteError"));
}
