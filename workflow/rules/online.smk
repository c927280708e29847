# The online study: the student lives on a stream and adapts, window by window; each cell a job.


rule adapt:
    input:
        stream=f"{OUT}/clips/{{stream}}.json",
        student=PLAN.student,
        labels=lambda wildcards: PLAN.adapt_labels(wildcards.stream, wildcards.teacher),
    output:
        multiext(
            f"{OUT}/cells/online/{{stream}}/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}/",
            "cell.json",
            "seconds.json",
            "record.h5",
            "weights.pt",
        ),
    log:
        f"{OUT}/logs/online/{{stream}}/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}.log",
    benchmark:
        f"{OUT}/benchmarks/online/{{stream}}/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}.tsv"
    priority: 10
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(TRAINING_MB),
        runtime=360 if GPU else 1440,
        gpu=GPU,
    params:
        code=lambda wildcards: code_digest(
            "adapt", *PLAN.strategy_modules(wildcards.method), *PLAN.engine_modules()
        ),
        labels=option("labels"),
        reference="truth" if STUDY.source.has_truth else "labels",
        cell=lambda wildcards: PLAN.cell("online", wildcards),
        settings=as_json(STUDY.online.adaptation),
        profile=PLAN.profile_options(),
        recipe=as_json(STUDY.training),
        parameters=lambda wildcards: PLAN.strategy_parameters(wildcards.method),
        words=lambda wildcards: PLAN.online_words(*wildcards),
        forgetting=lambda wildcards: PLAN.forgetting_option(wildcards.method),
        device=STUDY.device,
        folder=subpath(output[0], parent=True),
        state=lambda wildcards: f"{PLAN.state}/{'-'.join(['online', *wildcards])}",
    message:
        "Adapt on {wildcards.stream} by {wildcards.method} at {wildcards.rate}, seed {wildcards.seed}, labels by {wildcards.teacher}"
    shell:
        script("adapt")
        + " --cell {params.cell:q}"
        + " --settings {params.settings:q}"
        + " {params.profile:q}"
        + " --recipe {params.recipe:q}"
        + " --words {params.words:q}"
        + " {params.forgetting}"
        + " --parameters {params.parameters:q}"
        + " --stream {input.stream:q}"
        + " {params.labels:q}"
        + " --reference {params.reference}"
        + " --student {input.student:q}"
        + " --device {params.device}"
        + " --code {params.code}"
        + " --state {params.state:q}"
        + " --output {params.folder:q} 2> {log:q}"
