# SPDX-License-Identifier: Apache-2.0
"""Usage: schema_parity.py SCHEMA TREE: an independent validator and the parser agree on the schema.

Every config below configs/ and tests/cli/ and every lock of the committed results is valid; every malformed config of tests/errors is
refused, but for those whose mistake a schema cannot see. They are listed, and one that is refused after all must go.
"""
import json
import sys
from pathlib import Path

import jsonschema
from ruamel.yaml import YAML, YAMLError

BEYOND = set("""
    arm_duplicate arm_same_label backbone_setting_twice
    claim_absent_column claim_same_sides claim_twice claim_unknown_arm claim_unknown_suite
    tune_large_grid tune_no_grid tune_one_point tune_too_many_trials
    claim_file_missing defaults_cycle defaults_folder defaults_missing defaults_syntax_inside
    hexadecimal_integer octal_integer yaml_directive yaml_merge_key yaml_utf16
    arm_setting_range
""".split())  # parts that contradict each other; other files; YAML that only this reader takes; ranges of the unit tests' facts


def read(path):
    return YAML(typ="safe", pure=True).load(path.read_bytes())


def main():
    schema, tree = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    jsonschema.Draft7Validator.check_schema(schema)
    config = jsonschema.Draft7Validator(schema)
    claims = config.evolve(schema={"$ref": "#/definitions/claim_file", "definitions": schema["definitions"]})
    faults, valid, refused, no_yaml, seen = [], 0, 0, 0, set()
    shipped = [path for pattern in ("configs/**/*.yaml", "results/reference/*/lock.yaml", "tests/cli/*.yaml")
               for path in sorted(tree.glob(pattern))]
    for path in shipped:
        validator = claims if path.parent.name == "claims" else config
        errors = [f"{path}: {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(read(path))]
        faults += errors
        valid += not errors
    for path in sorted((tree / "tests/errors").glob("*.yaml")):
        try:
            value = read(path)
        except (YAMLError, UnicodeDecodeError, ValueError):
            no_yaml += 1
            continue
        if path.read_bytes().startswith(b"# overrides: "):
            continue
        if not config.is_valid(value):
            refused += 1
        else:
            seen.add(path.stem)
    faults += [f"tests/errors/{stem}.yaml: the parser refuses it, the schema does not" for stem in sorted(seen - BEYOND)]
    faults += [f"BEYOND lists {stem}, which the schema refuses or which is gone" for stem in sorted(BEYOND - seen)]
    print(f"{valid} configs valid; of the malformed ones {refused} refused, {no_yaml} no YAML to this reader, "
          f"{len(seen)} beyond a schema")
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
