# From cells to the paper: measures, cells.csv, tables, figures; for real people, the stream's report.

# What is drawn over a stream's time shows the first.
SHOWN = PLAN.streams[0]


# Measures again only what is new to it, so that one job a stream is enough; the offline cells' is the
# test.
rule measure:
    input:
        cells=lambda wildcards: PLAN.tested_files(wildcards.stream),
        index=f"{OUT}/clips/{{stream}}.json",
        labels=lambda wildcards: PLAN.reference_labels(wildcards.stream),
        taught=lambda wildcards: PLAN.taught_files(wildcards.stream),
    output:
        cells=f"{FINAL}/measures/{{stream}}.csv",
        breakdown=f"{FINAL}/measures/{{stream}}_breakdown.csv",
    log:
        f"{OUT}/logs/measure/{{stream}}.log",
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(60),
        gpu=0,
    params:
        code=code_digest("measure"),
        folders=lambda wildcards: PLAN.tested_folders(wildcards.stream),
        labels=option("labels"),
        taught=option("taught"),
        state=f"{PLAN.state}/measured",
    message:
        "Measure the cells on {wildcards.stream}"
    shell:
        script("measure")
        + " --folders {params.folders:q}"
        + " --index {input.index:q}"
        + " {params.labels:q}"
        + " {params.taught:q}"
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
            teacher=PLAN.label_notes(),
            tests=PLAN.measured_index("test"),
            streams=PLAN.measured_streams(),
        output:
            report(
                directory(f"{FINAL}/tables"),
                patterns=["{name}.csv"],
                caption="../report/tables.rst",
                category="Tables",
                labels={"table": "{name}"},
            ),
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
            streams=option("streams"),
            devices=PLAN.devices(),
        message:
            "Make the paper's tables"
        shell:
            script("paper_tables")
            + " --cells {input.cells:q}"
            + " --seconds {input.seconds:q}"
            + " {params.teacher:q}"
            + " {params.tests:q}"
            + " {params.streams:q}"
            + " --devices {params.devices:q}"
            + " --captions {params.captions:q}"
            + " --folder {output:q} 2> {log:q}"

    rule paper_figures:
        input:
            cells=rules.collect.output.cells,
            stream=PLAN.index(SHOWN),
            tests=PLAN.measured_index("test"),
            labels=PLAN.labels_of(SHOWN),
        output:
            report(
                directory(f"{FINAL}/figures"),
                patterns=["{name}.svg"],
                caption="../report/figures.rst",
                category="Figures",
                labels={"figure": "{name}"},
            ),
        log:
            f"{OUT}/logs/paper_figures.log",
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=by_attempt(1000),
            runtime=by_attempt(20),
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
            stream=PLAN.index(SHOWN),
            labels=PLAN.labels_of(SHOWN),
            consensus=PLAN.consensus_files(SHOWN),
            tests=PLAN.measured_index("test"),
        output:
            tables=report(
                directory(f"{FINAL}/tables"),
                patterns=["{name}.csv"],
                caption="../report/tables.rst",
                category="Tables",
                labels={"table": "{name}"},
            ),
            figures=report(
                directory(f"{FINAL}/figures"),
                patterns=["{name}.svg"],
                caption="../report/figures.rst",
                category="Figures",
                labels={"figure": "{name}"},
            ),
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
            tests=option("tests"),
        message:
            "Make the table and the figure of how the student adapted to the stream"
        shell:
            script("stream_report")
            + " --cells {input.cells:q}"
            + " --stream {input.stream:q}"
            + " --labels {input.labels:q}"
            + " {params.consensus:q}"
            + " {params.tests:q}"
            + " --window {params.window:q}"
            + " --captions {params.captions:q}"
            + " --figures {output.figures:q}"
            + " --tables {output.tables:q} 2> {log:q}"

    rule before_after:
        input:
            cells=rules.collect.output.cells,
            stream=PLAN.index(SHOWN),
            labels=PLAN.labels_of(SHOWN),
            videos=PLAN.stream_videos(SHOWN),
        output:
            # Snakemake's own report shows people only where the page may.
            (
                report(
                    directory(f"{FINAL}/pictures"),
                    patterns=["{name}.png"],
                    caption="../report/pictures.rst",
                    category="Pictures",
                    labels={"picture": "{name}"},
                )
                if STUDY.report.frames
                else directory(f"{FINAL}/pictures")
            ),
        log:
            f"{OUT}/logs/before_after.log",
        benchmark:
            f"{OUT}/benchmarks/before_after.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=by_attempt(1000),
            runtime=by_attempt(60),
            gpu=0,
        params:
            code=code_digest("before_after"),
            summed=summed,
            captions=PLAN.captions(),
            window=STUDY.online.window,
        message:
            "Show the student before and after it has adapted"
        shell:
            script("before_after")
            + " {params.summed:q}"
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
            verdicts=report(
                f"{FINAL}/evidence/verdicts.csv",
                caption="../report/verdicts.rst",
                category="Verdicts",
                labels={"table": "verdicts"},
            ),
            page=f"{FINAL}/evidence/verdicts.md",
            comparisons=report(
                f"{FINAL}/evidence/comparisons.csv",
                caption="../report/comparisons.rst",
                category="Verdicts",
                labels={"table": "comparisons"},
            ),
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


# Scripts that decide a number of the page, beside those of the labels.
DECISIVE = (
    "extract",
    "split",
    "pretrain",
    "score",
    "select_frames",
    "finetune",
    "adapt",
    "measure",
    "collect",
    "verdicts",
)


# What people read: all of the above in one file that opens without a network.
rule report_page:
    input:
        cells=rules.collect.output.cells,
        seconds=rules.collect.output.seconds,
        streams=PLAN.stream_files(),
        tests=PLAN.measured_index("test"),
        labels=PLAN.labels_of(SHOWN),
        seen=PLAN.label_notes(),
        consensus=PLAN.consensus_files(SHOWN),
        pictures=PLAN.picture_files(),
        judged=PLAN.evidence_files(),
    output:
        report(
            PLAN.page(),
            caption="../report/page.rst",
            category="Page",
        ),
    log:
        f"{OUT}/logs/report_page.log",
    localrule: True
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=20,
        gpu=0,
    params:
        code=code_digest("report_page"),
        codes=json.dumps({name: code_digest(name) for name in DECISIVE}, sort_keys=True),
        captions=PLAN.captions(),
        settings=PLAN.page_settings(),
        evidence=lambda wildcards: f"{FINAL}/evidence",
        runs=lambda wildcards: OUT,
        picture=["--picture", *PLAN.shown_picture()] if PLAN.shown_picture() else [],
        truth="--truth" if STUDY.source.has_truth else "",
        frames="--frames" if PLAN.shows_frames() else "",
        devices=PLAN.devices(),
        tests=option("tests"),
        labels=option("labels"),
        seen=option("seen"),
        consensus=option("consensus"),
    message:
        f"Make the page of study {STUDY.name}"
    shell:
        script("report_page")
        + " --cells {input.cells:q}"
        + " --seconds {input.seconds:q}"
        + " --streams {input.streams:q}"
        + " {params.tests:q}"
        + " {params.labels:q}"
        + " {params.seen:q}"
        + " {params.consensus:q}"
        + " {params.picture:q}"
        + " {params.truth}"
        + " {params.frames}"
        + " --devices {params.devices:q}"
        + " --evidence {params.evidence:q}"
        + " --captions {params.captions:q}"
        + " --settings {params.settings:q}"
        + " --runs {params.runs:q}"
        + " --codes {params.codes:q}"
        + " --page {output:q} 2> {log:q}"
