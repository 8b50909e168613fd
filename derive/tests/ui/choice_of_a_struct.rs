use overnight::ParamValue;

#[derive(ParamValue)]
struct Mode;

fn main() {}
