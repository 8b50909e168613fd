use overnight::ParamValue;

#[derive(ParamValue)]
enum Mode {
    Full,
    Only(u32),
}

fn main() {}
