# From cells to the paper: measures, cells.csv, tables, figures; for real people, the stream's report.


# Measures again only what is new to it, so that one job a setting is enough.
rule measure:
    input:
        cells=lambda wildcards: PLAN.cell_files(wildcards.setting),
        index=lambda wildcards: PLAN.tested_index(wildcards.setting),
        labels=PLAN.reference_labels(),
    output:
        cells=f"{FINAL}/measures/{{setting}}.csv",
        breakdown=f"{FINAL}/measures/{{setting}}_breakdown.csv",
    log:
        f"{OUT}/logs/measure/{{setting}}.log",
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
        gpu=0,
    params:
        code=code_digest("measure"),
        folders=lambda wildcards: PLAN.cell_folders(wildcards.setting),
        labels=option("labels"),
        state=f"{PLAN.state}/measured",
    message:
        "Measure the {wildcards.setting} cells"
    shell:
        script("measure")
        + " --folders {params.folders:q}"
        + " --index {input.index:q}"
        + " {params.labels:q}"
        + " --code {params.code}"
        + " --state {params.state:q}"
        + " --cells {output.cells:q}"
        + " --breakdown {output.breakdown:q} 2> {log:q}"


rule collect:
    input:
        measured=PLAN.measured_files(),
        breakdowns=PLAN.measured_files("_breakdown"),
    output:
        cells=f"{FINAL}/cells.csv",
        breakdown=f"{FINAL}/breakdown.csv",
        seconds=f"{FINAL}/seconds.csv",
    log:
        f"{OUT}/logs/collect.log",
    localrule: True
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
        gpu=0,
    params:
        code=code_digest("collect"),
    message:
        f"Collect {OUT}'s cells into one table"
    shell:
        script("collect")
        + " --measured {input.measured:q}"
        + " --breakdowns {input.breakdowns:q}"
        + " --cells {output.cells:q}"
        + " --breakdown {output.breakdown:q}"
        + " --seconds {output.seconds:q} 2> {log:q}"


if STUDY.source.has_truth:

    rule paper_tables:
        input:
            cells=rules.collect.output.cells,
            seconds=rules.collect.output.seconds,
            teacher=[f"{OUT}/labels/{name}.json" for name in STUDY.labellers],
            tests=PLAN.measured_index("offline"),
            stream=PLAN.measured_index("online"),
        output:
            directory(f"{FINAL}/tables"),
        log:
            f"{OUT}/logs/paper_tables.log",
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=500,
            runtime=10,
            gpu=0,
        params:
            code=code_digest("paper_tables"),
            captions=PLAN.captions(),
            teacher=option("teacher"),
            tests=option("tests"),
            stream=option("stream"),
        message:
            "Make the paper's tables"
        shell:
            script("paper_tables")
            + " --cells {input.cells:q}"
            + " --seconds {input.seconds:q}"
            + " {params.teacher:q}"
            + " {params.tests:q}"
            + " {params.stream:q}"
            + " --captions {params.captions:q}"
            + " --folder {output:q} 2> {log:q}"

    rule paper_figures:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            tests=PLAN.measured_index("offline"),
            labels=PLAN.label_files(),
        output:
            directory(f"{FINAL}/figures"),
        log:
            f"{OUT}/logs/paper_figures.log",
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=20,
            gpu=0,
        params:
            code=code_digest("paper_figures"),
            captions=PLAN.captions(),
            tests=option("tests"),
            labels=option("labels"),
        message:
            "Draw the paper's figures"
        shell:
            script("paper_figures")
            + " --cells {input.cells:q}"
            + " --stream {input.stream:q}"
            + " {params.tests:q}"
            + " {params.labels:q}"
            + " --captions {params.captions:q}"
            + " --folder {output:q} 2> {log:q}"

else:

    rule stream_report:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            labels=PLAN.label_files(),
            consensus=(
                [f"{OUT}/labels/consensus.h5"] if STUDY.source.calibration else []
            ),
        output:
            tables=directory(f"{FINAL}/tables"),
            figures=directory(f"{FINAL}/figures"),
        log:
            f"{OUT}/logs/stream_report.log",
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=20,
            gpu=0,
        params:
            code=code_digest("stream_report"),
            captions=PLAN.captions(),
            window=STUDY.online.window,
            consensus=option("consensus"),
        message:
            "Make the table and the figure of how the student adapted to the stream"
        shell:
            script("stream_report")
            + " --cells {input.cells:q}"
            + " --stream {input.stream:q}"
            + " --labels {input.labels:q}"
            + " {params.consensus:q}"
            + " --window {params.window:q}"
            + " --captions {params.captions:q}"
            + " --figures {output.figures:q}"
            + " --tables {output.tables:q} 2> {log:q}"

    rule before_after:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            labels=PLAN.label_files(),
            videos=PLAN.stream_videos(),
        output:
            directory(f"{FINAL}/pictures"),
        log:
            f"{OUT}/logs/before_after.log",
        benchmark:
            f"{OUT}/benchmarks/before_after.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=60,
            gpu=0,
        params:
            code=code_digest("before_after"),
            captions=PLAN.captions(),
            window=STUDY.online.window,
        message:
            "Show the student before and after it has adapted"
        shell:
            script("before_after")
            + " --cells {input.cells:q}"
            + " --stream {input.stream:q}"
            + " --labels {input.labels:q}"
            + " --window {params.window:q}"
            + " --captions {params.captions:q}"
            + " --folder {output:q} 2> {log:q}"


if STUDY.source.has_truth:

    rule verdicts:
        input:
            cells=rules.collect.output.cells,
            seconds=rules.collect.output.seconds,
        output:
            verdicts=f"{FINAL}/evidence/verdicts.csv",
            page=f"{FINAL}/evidence/verdicts.md",
            comparisons=f"{FINAL}/evidence/comparisons.csv",
        log:
            f"{OUT}/logs/verdicts.log",
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=500,
            runtime=10,
            gpu=0,
        params:
            code=code_digest("verdicts"),
            settings=as_json(STUDY.evidence),
            given=PLAN.evidence_options(),
            folder=lambda wildcards, output: os.path.dirname(output.verdicts),
        message:
            "Judge the paper's claims"
        shell:
            script("verdicts")
            + " --cells {input.cells:q}"
            + " --seconds {input.seconds:q}"
            + " --settings {params.settings:q}"
            + " {params.given:q}"
            + " --folder {params.folder:q} 2> {log:q}"
