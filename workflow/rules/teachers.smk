# The teachers: whatever labels the stream. Each sees the source video, not the small clip.


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
        network=STUDY.teacher_network.name,
        input_size=STUDY.teacher_network.input_size,
        recipe=as_json(STUDY.teacher_network.recipe),
        words=PLAN.seed_words("train_teacher"),
        device=STUDY.device,
        state=f"{PLAN.state}/train_teacher",
    message:
        "Train the network that stands where OpenPose stands"
    shell:
        script("pretrain")
        + " --training-set {input:q} --network {params.network}"
        + " --input-size {params.input_size} --recipe {params.recipe:q}"
        + " --words {params.words:q} --device {params.device} --code {params.code}"
        + " --state {params.state:q} --log {output.epochs:q} --output {output.weights:q} 2> {log:q}"


rule label_network:
    input:
        stream=f"{OUT}/clips/stream.json",
        checkpoint=rules.train_teacher.output.weights,
        videos=PLAN.stream_videos(),
    output:
        f"{OUT}/labels/network.h5",
    log:
        f"{OUT}/logs/label/network.log",
    benchmark:
        f"{OUT}/benchmarks/label/network.tsv"
    priority: 60
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=600,
        gpu=GPU,
    params:
        code=code_digest("label_network"),
        device=STUDY.device,
    message:
        "Label the stream with the teacher network"
    shell:
        script("label_network")
        + " --stream {input.stream:q} --checkpoint {input.checkpoint:q}"
        + " --device {params.device} --output {output:q} 2> {log:q}"


if STUDY.openpose:

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
            mem_mb=4000 if STUDY.openpose.program else 500,
            runtime=600,
            gpu=GPU if STUDY.openpose.program else 0,
        params:
            code=code_digest("detect_openpose"),
            options=lambda wildcards: PLAN.openpose_options(wildcards.slug),
            files=lambda wildcards: PLAN.openpose_digest(wildcards.slug),
        message:
            "Take what OpenPose sees in {wildcards.slug}"
        shell:
            script("detect_openpose")
            + " {params.options:q} --output {output.detections:q} 2> {log:q}"
            + " && printf %s {params.files:q} > {output.files:q}"

    rule label_openpose:
        input:
            stream=f"{OUT}/clips/stream.json",
            detections=PLAN.detection_files(),
        output:
            labels=f"{OUT}/labels/openpose.h5",
            summary=f"{OUT}/labels/openpose.json",
        log:
            f"{OUT}/logs/label/openpose.log",
        benchmark:
            f"{OUT}/benchmarks/label/openpose.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=30,
            gpu=0,
        params:
            code=code_digest("label_openpose"),
            person=STUDY.openpose.person,
        message:
            "Choose one person a frame of those that OpenPose found"
        shell:
            script("label_openpose")
            + " --stream {input.stream:q} --detections {input.detections:q}"
            + " --person {params.person} --output {output.labels:q}"
            + " --summary {output.summary:q} 2> {log:q}"


rule label_blazepose:
    input:
        stream=f"{OUT}/clips/stream.json",
        package=f"{OUT}/data/mediapipe",
        videos=PLAN.stream_videos(),
    output:
        f"{OUT}/labels/blazepose.h5",
    log:
        f"{OUT}/logs/label/blazepose.log",
    benchmark:
        f"{OUT}/benchmarks/label/blazepose.tsv"
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=600,
        gpu=0,
    params:
        code=code_digest("label_blazepose"),
    message:
        "Label the stream with BlazePose"
    shell:
        script("label_blazepose")
        + " --stream {input.stream:q} --detector {input.package:q}/pose_detection.tflite"
        + " --landmarks {input.package:q}/pose_landmark_full.tflite --output {output:q} 2> {log:q}"


rule consensus:
    input:
        stream=f"{OUT}/clips/stream.json",
        labels=f"{OUT}/labels/blazepose.h5",
        package=f"{OUT}/data/pose2sim",
    output:
        labels=f"{OUT}/labels/consensus.h5",
        statistics=f"{OUT}/labels/consensus.json",
    log:
        f"{OUT}/logs/label/consensus.log",
    benchmark:
        f"{OUT}/benchmarks/label/consensus.tsv"
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        gpu=0,
    params:
        code=code_digest("consensus"),
    message:
        "Find what the four calibrated views agree on"
    shell:
        script("consensus")
        + " --stream {input.stream:q} --labels {input.labels:q}"
        + " --calibration {input.package:q}/calibration/Calib.qca.txt"
        + " --consensus {output.labels:q} --summary {output.statistics:q} 2> {log:q}"
