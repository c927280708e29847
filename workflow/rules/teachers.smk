# The teachers: whatever labels the streams. Each sees the source video, not the small clip.
# A rule labels, by whichever teacher; the others prepare what one of them reads.
from posequery import teachers

NETWORK, OPENPOSE = STUDY.settings_of("network"), STUDY.settings_of("openpose")


rule train_teacher:
    input:
        f"{OUT}/training_sets/studio.h5",
    output:
        weights=f"{OUT}/teachers/network.pt",
        epochs=f"{OUT}/teachers/epochs.csv",
    log:
        f"{OUT}/logs/train_teacher.log",
    benchmark:
        f"{OUT}/benchmarks/train_teacher.tsv"
    priority: 60
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=600,
        gpu=GPU,
    params:
        code=code_digest("pretrain"),
        network=NETWORK.name,
        input_size=NETWORK.input_size,
        recipe=as_json(NETWORK.recipe),
        words=PLAN.seed_words("train_teacher"),
        device=STUDY.device,
        state=f"{PLAN.state}/train_teacher",
    message:
        "Train the network that stands where OpenPose stands"
    shell:
        script("pretrain")
        + " --training-set {input:q}"
        + " --of teacher_network"
        + " --network {params.network}"
        + " --input-size {params.input_size}"
        + " --recipe {params.recipe:q}"
        + " --words {params.words:q}"
        + " --device {params.device}"
        + " --code {params.code}"
        + " --state {params.state:q}"
        + " --log {output.epochs:q}"
        + " --output {output.weights:q} 2> {log:q}"


if OPENPOSE:

    rule detect_openpose:
        input:
            unpack(lambda wildcards: PLAN.openpose_inputs(wildcards.slug)),
        output:
            detections=f"{OUT}/labels/openpose/{{slug}}.h5",
            files=f"{OUT}/labels/openpose/{{slug}}.files",
        log:
            f"{OUT}/logs/label/openpose/{{slug}}.log",
        benchmark:
            f"{OUT}/benchmarks/label/openpose/{{slug}}.tsv"
        priority: 60
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=4000 if OPENPOSE.program else 500,
            runtime=600,
            gpu=GPU if OPENPOSE.program else 0,
        params:
            code=code_digest("detect_openpose"),
            summed=summed,
            options=lambda wildcards: PLAN.openpose_options(wildcards.slug),
            files=lambda wildcards: PLAN.openpose_digest(wildcards.slug),
        message:
            "Take what OpenPose sees in {wildcards.slug}"
        shell:
            script("detect_openpose")
            + " {params.options:q}"
            + " {params.summed:q}"
            + " --output {output.detections:q} 2> {log:q}"
            + " && printf %s {params.files:q} > {output.files:q}"


rule label:
    input:
        unpack(lambda wildcards: PLAN.teacher_inputs(*wildcards)),
    output:
        labels=f"{OUT}/labels/{{stream}}/{{teacher}}.h5",
        summary=f"{OUT}/labels/{{stream}}/{{teacher}}.json",
    log:
        f"{OUT}/logs/label/{{stream}}/{{teacher}}.log",
    benchmark:
        f"{OUT}/benchmarks/label/{{stream}}/{{teacher}}.tsv"
    wildcard_constraints:
        teacher="|".join(teachers.names()),
    priority: 60
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=600,
        gpu=lambda wildcards: GPU * teachers.load(wildcards.teacher).torch,
    params:
        code=lambda wildcards: code_digest("label", f"teachers.{wildcards.teacher}"),
        summed=summed,
        python=lambda wildcards: interpreter(teachers.load(wildcards.teacher).torch),
        files=lambda wildcards: json.dumps(PLAN.teacher_files(*wildcards)),
        settings=lambda wildcards: as_json(STUDY.settings_of(wildcards.teacher)),
        least=str(STUDY.least_labelled),
        device=lambda wildcards: (
            STUDY.device if teachers.load(wildcards.teacher).torch else "cpu"
        ),
    message:
        "Label {wildcards.stream} by the teacher {wildcards.teacher}"
    shell:
        script("label", python="{params.python}")
        + " --teacher {wildcards.teacher}"
        + " {params.summed:q}"
        + " --stream {input.stream:q}"
        + " --files {params.files:q}"
        + " --settings {params.settings:q}"
        + " --device {params.device}"
        + " --least {params.least}"
        + " --output {output.labels:q}"
        + " --summary {output.summary:q}"
        + " 2> {log:q}"


if STUDY.source.calibration:

    rule consensus:
        input:
            stream=f"{OUT}/clips/{{stream}}.json",
            labels=lambda wildcards: PLAN.labels_of(wildcards.stream),
            package=lambda wildcards: PLAN.stream_videos(wildcards.stream),
        output:
            labels=f"{OUT}/labels/{{stream}}/consensus.h5",
            statistics=f"{OUT}/labels/{{stream}}/consensus.json",
        log:
            f"{OUT}/logs/label/{{stream}}/consensus.log",
        benchmark:
            f"{OUT}/benchmarks/label/{{stream}}/consensus.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=30,
            gpu=0,
        params:
            code=code_digest("consensus"),
            summed=summed,
            calibration=STUDY.source.calibration,
        message:
            "Find what the calibrated views agree on"
        shell:
            script("consensus")
            + " {params.summed:q}"
            + " --stream {input.stream:q}"
            + " --labels {input.labels:q}"
            + " --calibration {input.package:q}/{params.calibration:q}"
            + " --consensus {output.labels:q}"
            + " --summary {output.statistics:q} 2> {log:q}"
