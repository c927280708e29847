# From cells to the paper: cells.csv, tables, figures; for real people, the stream's own report.


def report_files():
    pictures = [] if RENDERED else [f"{FINAL}/pictures"]
    return [f"{FINAL}/tables", f"{FINAL}/figures", *pictures]


def final_files():
    return [f"{FINAL}/cells.csv", f"{FINAL}/seconds.csv", *report_files()]


def cell_tables():
    """With the cells come cells.csv and, of a restricted run, the tables of its own."""
    return [f"{FINAL}/cells.csv", *(report_files()[:1] if ONLY else [])]


def readings():
    """What the paper leaves open, as this study reads it; only what it uses."""
    online, live = STUDY.online, {"continue": "continue", "reset": "start afresh"}
    confidence = {
        "lowest": "the lowest peak of all 18 maps",
        "lowest_limb": "the lowest peak of the 12 limb joints' maps",
        "mean": "the mean peak of all 18 maps",
    }
    found = [
        f"window of {online.window}",
        f"weights {live[online.weights]} from window to window",
        f"batch normalisation in {STUDY.training.batch_norm} mode",
        "weights trained on a stretch are live from its next frame (ideal clock)",
        "every joint is read at its map's highest refined peak",
        "errors over the 12 limb joints",
    ]
    if "continual" in online.methods:
        found.append(f"continual trains every {online.continual_every}")
    if "error" in STUDY.strategies:
        found.append(f"'error' selects online by {online.error_by.replace('_', ' ')}")
    if "least_confidence" in STUDY.strategies:
        found.append(f"'uncertainty' is {confidence[STUDY.confidence]}")
    return found


def captions():
    sources = {
        "rendered": "rendered stand-in",
        "lab": "one person before four cameras of a motion-capture laboratory",
        "videos": "own videos",
    }
    words = {
        "study": STUDY.name,
        "source": sources[STUDY.source.kind],
        "teacher": "teacher network" if RENDERED else "BlazePose",
        "readings": readings(),
    }
    return json.dumps(words)


def closing_words():
    made = " and ".join(report_files())
    return f"Study {STUDY.name} is complete: {made}; every cell is a row of {FINAL}/cells.csv."


rule collect:
    input:
        cell_files(),
    output:
        cells=f"{FINAL}/cells.csv",
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
        code=code("collect"),
        folders=[cell_path(cell) for cell in CELLS],
    message:
        "Collect {OUT}'s cells into one table"
    shell:
        script("collect")
        + " --folders {params.folders:q} --cells {output.cells:q}"
        + " --seconds {output.seconds:q} 2> {log:q}"


if RENDERED:

    rule tables:
        input:
            cells=rules.collect.output.cells,
            seconds=rules.collect.output.seconds,
        output:
            directory(f"{FINAL}/tables"),
        log:
            f"{OUT}/logs/tables.log",
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=500,
            runtime=10,
            gpu=0,
        params:
            code=code("tables"),
            captions=captions(),
        message:
            "Set the tables"
        shell:
            script("tables")
            + " --cells {input.cells:q} --seconds {input.seconds:q}"
            + " --captions {params.captions:q} --folder {output:q} 2> {log:q}"

    rule figures:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            labels=label_files(),
        output:
            directory(f"{FINAL}/figures"),
        log:
            f"{OUT}/logs/figures.log",
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=20,
            gpu=0,
        params:
            code=code("figures"),
            captions=captions(),
            labels=lambda wildcards, input: (
                ["--labels", *input.labels] if input.labels else []
            ),
        message:
            "Draw the figures"
        shell:
            script("figures")
            + " --cells {input.cells:q} --stream {input.stream:q} {params.labels:q}"
            + " --captions {params.captions:q} --folder {output:q} 2> {log:q}"

else:

    rule stream_report:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            labels=label_files(),
            consensus=f"{OUT}/labels/consensus.h5" if STUDY.source.kind == "lab" else [],
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
            code=code("stream_report"),
            captions=captions(),
            window=STUDY.online.window,
            consensus=lambda wildcards, input: (
                ["--consensus", input.consensus] if input.consensus else []
            ),
        message:
            "Report how the student adapted to the stream"
        shell:
            script("stream_report")
            + " --cells {input.cells:q} --index {input.stream:q} --labels {input.labels:q}"
            + " {params.consensus:q} --window {params.window:q} --captions {params.captions:q}"
            + " --figures {output.figures:q} --tables {output.tables:q} 2> {log:q}"

    rule before_after:
        input:
            cells=rules.collect.output.cells,
            stream=f"{OUT}/clips/stream.json",
            labels=label_files(),
            videos=videos_of_stream(),
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
            code=code("before_after"),
            captions=captions(),
        message:
            "Show the student before and after it has adapted"
        shell:
            script("before_after")
            + " --cells {input.cells:q} --index {input.stream:q} --labels {input.labels:q}"
            + " --captions {params.captions:q} --folder {output:q} 2> {log:q}"
