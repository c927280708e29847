# Where frames come from: rendered, fetched, or your own; then clips, and the streams they play in.
from posequery.sources.packages import PACKAGES

for rendering in STUDY.source.renderings():

    rule:
        name:
            f"render_{rendering.subject}"
        output:
            *PLAN.rendered_files(rendering.subject),
        log:
            f"{OUT}/logs/render/{rendering.subject}.log",
        benchmark:
            f"{OUT}/benchmarks/render/{rendering.subject}.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=by_attempt(500),
            runtime=by_attempt(10),
            gpu=0,
        params:
            code=code_digest("render_studio"),
            root=lambda wildcards: f"{OUT}/data/human36m",
            subject=rendering.subject,
            stems=rendering.stems,
            frames=rendering.frames,
        message:
            f"Render {rendering.subject} of the stand-in for Human3.6M"
        shell:
            script("render_studio")
            + " --subject {params.subject}"
            + " --stems {params.stems:q}"
            + " --frames {params.frames}"
            + " --root {params.root:q} 2> {log:q}"


rule render_people:
    output:
        annotations=f"{OUT}/data/{{domain}}/annotations/person_keypoints_train2017.json",
        images=directory(f"{OUT}/data/{{domain}}/train2017"),
    log:
        f"{OUT}/logs/render/{{domain}}.log",
    benchmark:
        f"{OUT}/benchmarks/render/{{domain}}.tsv"
    wildcard_constraints:
        domain="generic|studio",
    priority: 70
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(500),
        runtime=by_attempt(20),
        gpu=0,
    params:
        code=code_digest("render_people"),
        root=lambda wildcards: f"{OUT}/data/{wildcards.domain}",
        people=lambda wildcards: PLAN.rendered_people(wildcards.domain),
    message:
        "Render the people of the {wildcards.domain} domain in COCO's format"
    shell:
        script("render_people")
        + " --domain {params.people[domain]}"
        + " --count {params.people[count]}"
        + " --size {params.people[size]}"
        + " --root {params.root:q} 2> {log:q}"


rule prepare:
    input:
        unpack(lambda wildcards: PLAN.people_files(wildcards.domain)),
    output:
        f"{OUT}/training_sets/{{domain}}.h5",
    log:
        f"{OUT}/logs/prepare/{{domain}}.log",
    benchmark:
        f"{OUT}/benchmarks/prepare/{{domain}}.tsv"
    priority: 70
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(20),
        gpu=0,
    params:
        code=code_digest("prepare"),
        summed=summed,
        # Average precision is measured on the validation set's files, days later.
        more=lambda wildcards: ["--evaluated"] * (wildcards.domain == "validation"),
    message:
        "Prepare the {wildcards.domain} training set"
    shell:
        script("prepare")
        + " --annotations {input.annotations:q}"
        + " --images {input.images:q}"
        + " {params.more:q}"
        + " {params.summed:q}"
        + " --output {output:q} 2> {log:q}"


rule fetch_package:
    output:
        directory(f"{OUT}/data/{{package}}"),
    log:
        f"{OUT}/logs/fetch/{{package}}.log",
    benchmark:
        f"{OUT}/benchmarks/fetch/{{package}}.tsv"
    wildcard_constraints:
        package="|".join(PACKAGES),
    retries: 2
    localrule: True
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=20,
        gpu=0,
    params:
        code=code_digest("fetch_package"),
    message:
        "Fetch the pinned wheel of {wildcards.package} and check its digest"
    shell:
        script("fetch_package")
        + " --package {wildcards.package}"
        + " --folder {output:q} 2> {log:q}"


rule extract:
    input:
        unpack(lambda wildcards: PLAN.source_files(wildcards.slug)),
    output:
        f"{OUT}/clips/{{slug}}.h5",
    log:
        f"{OUT}/logs/extract/{{slug}}.log",
    benchmark:
        f"{OUT}/benchmarks/extract/{{slug}}.tsv"
    priority: STUDY.source.extraction_priority
    conda:
        "../../envs/workstation.yaml"
    threads: STUDY.source.extraction_threads
    resources:
        mem_mb=by_attempt(800),
        runtime=by_attempt(30),
        gpu=0,
    params:
        code=code_digest("extract"),
        summed=summed,
        options=lambda wildcards: PLAN.extract_options(wildcards.slug),
    message:
        "Extract the clip {wildcards.slug}"
    shell:
        script("extract")
        + " {params.options:q}"
        + " {params.summed:q}"
        + " --threads {threads}"
        + " --output {output:q} 2> {log:q}"


rule index:
    input:
        lambda wildcards: PLAN.clip_files(wildcards.stream),
    output:
        f"{OUT}/clips/{{stream}}.json",
    log:
        f"{OUT}/logs/index/{{stream}}.log",
    # What its frames are too few for shows before the long trainings.
    priority: 90
    localrule: True
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
        gpu=0,
    params:
        code=code_digest("index"),
        options=lambda wildcards: PLAN.index_options(wildcards.stream),
    message:
        "Index the clips of the {wildcards.stream}"
    shell:
        script("index")
        + " --output {output:q} {params.options:q} {input:q} 2> {log:q} && "
        + script("conditions")
        + " --played {wildcards.stream} --index {output:q} 2>> {log:q}"


if STUDY.offline and STUDY.source.parts:

    rule split:
        input:
            index=PLAN.index(PLAN.streams[0]),
            clips=PLAN.clip_files(PLAN.streams[0]),
            labels=PLAN.teacher_labels(PLAN.streams[0], STUDY.reference),
        output:
            PLAN.clip_files("pool"),
            PLAN.clip_files("test"),
        log:
            f"{OUT}/logs/split.log",
        priority: 90
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=500,
            runtime=30,
            gpu=0,
        params:
            code=code_digest("split"),
            share=str(STUDY.source.parts.pool),
            gap=STUDY.source.parts.gap,
            folders=[f"{OUT}/clips/pool", f"{OUT}/clips/test"],
        message:
            "Split the videos in time into a pool and a test"
        shell:
            script("split")
            + " --index {input.index:q}"
            + " --labels {input.labels:q}"
            + " --share {params.share}"
            + " --gap {params.gap:q}"
            + " --pool {params.folders[0]:q}"
            + " --test {params.folders[1]:q} 2> {log:q}"
