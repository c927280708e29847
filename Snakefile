# posequery: which frames should a light pose network train on, and how many?
# Contents: config and its validation, one include per station of the data flow, the targets.
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")


configfile: f"{workflow.basedir}/config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/files.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/teachers.smk"
include: "workflow/rules/student.smk"
include: "workflow/rules/offline.smk"
include: "workflow/rules/online.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/archive.smk"


localrules:
    all,
    data,
    selections,
    offline,
    online,
    cells,


rule all:
    default_target: True
    input:
        final_files(),


rule data:
    input:
        index_files(),
        label_files(),
        training_sets(),


rule selections:
    input:
        selection_files(),


rule offline:
    input:
        cell_files("offline"),


rule online:
    input:
        cell_files("online"),


rule cells:
    input:
        cell_files("offline"),
        cell_files("online"),
        cell_tables(),


onstart:
    identity.note_protocol(STUDY, Path(OUT))


onsuccess:
    # A run may have had another target, and stopped short of the study's end.
    if all(Path(file).exists() for file in final_files()):
        print(closing_words())
