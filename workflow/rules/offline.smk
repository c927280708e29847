# The offline study: score the pool once a student, select, fine-tune and predict the test; each cell a job.
from posequery.cell import parse_rate_slug


rule score:
    input:
        pool=f"{OUT}/clips/pool.json",
        student=PLAN.student,
    output:
        PLAN.scores,
    log:
        f"{OUT}/logs/{PLAN.of_student}score.log",
    benchmark:
        f"{OUT}/benchmarks/{PLAN.of_student}score.tsv"
    priority: 50
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: 8000 if "features" in PLAN.score_needs() else 2000,
        runtime=600,
        gpu=GPU,
    params:
        code=code_digest("score"),
        needs=PLAN.score_needs(),
        device=STUDY.device,
        state=lambda wildcards: f"{PLAN.state}/{'-'.join(['score', *wildcards])}",
    message:
        "Score every frame of the pool with the pre-trained student"
    shell:
        script("score")
        + " --pool {input.pool:q}"
        + " --student {input.student:q}"
        + " --needs {params.needs}"
        + " --device {params.device}"
        + " --code {params.code}"
        + " --state {params.state:q}"
        + " --output {output:q} 2> {log:q}"


rule select_frames:
    input:
        pool=f"{OUT}/clips/pool.json",
        scores=rules.score.output,
    output:
        f"{OUT}/selections/{{method}}/{{rate}}/seed{{seed}}.csv",
    log:
        f"{OUT}/logs/select/{{method}}/{{rate}}/seed{{seed}}.log",
    benchmark:
        f"{OUT}/benchmarks/select/{{method}}/{{rate}}/seed{{seed}}.tsv"
    priority: 50
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards: 8000 if PLAN.needs_features(wildcards.method) else 1000,
        runtime=lambda wildcards: 240 if PLAN.needs_features(wildcards.method) else 10,
        gpu=0,
    params:
        code=lambda wildcards: code_digest(
            "select_frames", *PLAN.strategy_modules(wildcards.method)
        ),
        rate=lambda wildcards: str(parse_rate_slug(wildcards.rate)),
        parameters=lambda wildcards: PLAN.strategy_parameters(wildcards.method),
        select_from=STUDY.offline and STUDY.offline.select_from,
        words=lambda wildcards: PLAN.seed_words(
            "select", wildcards.method, wildcards.rate, wildcards.seed
        ),
    message:
        "Select {wildcards.rate} of the pool by {wildcards.method}, seed {wildcards.seed}"
    shell:
        script("select_frames")
        + " --pool {input.pool:q}"
        + " --scores {input.scores:q}"
        + " --method {wildcards.method}"
        + " --rate {params.rate}"
        + " --seed {wildcards.seed}"
        + " --parameters {params.parameters:q}"
        + " --select-from {params.select_from}"
        + " --words {params.words:q}"
        + " --output {output:q} 2> {log:q}"


rule finetune:
    input:
        pool=f"{OUT}/clips/pool.json",
        test=f"{OUT}/clips/test.json",
        selection=rules.select_frames.output,
        student=PLAN.student,
    output:
        multiext(
            f"{OUT}/cells/offline/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}/",
            "cell.json",
            "seconds.json",
            "record.h5",
            "weights.pt",
        ),
    log:
        f"{OUT}/logs/offline/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}.log",
    benchmark:
        f"{OUT}/benchmarks/offline/{{teacher}}/{{method}}/{{rate}}/seed{{seed}}.tsv"
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
        gpu=GPU,
    params:
        code=lambda wildcards: code_digest(
            "finetune", *PLAN.strategy_modules(wildcards.method)
        ),
        cell=lambda wildcards: PLAN.cell("offline", wildcards),
        recipe=as_json(STUDY.training),
        words=lambda wildcards: PLAN.seed_words("offline", *wildcards),
        more=lambda wildcards: PLAN.finetune_options(wildcards.method),
        device=STUDY.device,
        folder=subpath(output[0], parent=True),
        state=lambda wildcards: f"{PLAN.state}/{'-'.join(['offline', *wildcards])}",
    message:
        "Fine-tune on {wildcards.rate} by {wildcards.method}, seed {wildcards.seed}, and predict the test"
    shell:
        script("finetune")
        + " --cell {params.cell:q}"
        + " --recipe {params.recipe:q}"
        + " --words {params.words:q}"
        + " {params.more:q}"
        + " --pool {input.pool:q}"
        + " --test {input.test:q}"
        + " --selection {input.selection:q}"
        + " --student {input.student:q}"
        + " --device {params.device}"
        + " --code {params.code}"
        + " --state {params.state:q}"
        + " --output {params.folder:q} 2> {log:q}"


# All of the pool takes the longest: it starts first.
use rule finetune as finetune_all with:
    wildcard_constraints:
        method="all",
    priority: 40


ruleorder: finetune_all > finetune
