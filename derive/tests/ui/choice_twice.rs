use overnight::ParamValue;

#[derive(ParamValue)]
enum Mode {
    OnlyNew,
    #[param(name = "only-new")]
    New,
}

fn main() {}
