# The student: a checkpoint of your own, or pre-training on rendered people.


rule pretrain:
    input:
        f"{OUT}/training_sets/generic.h5",
    output:
        weights=f"{OUT}/student/pretrained.pt",
        epochs=f"{OUT}/student/epochs.csv",
    log:
        f"{OUT}/logs/pretrain.log",
    benchmark:
        f"{OUT}/benchmarks/pretrain.tsv"
    priority: 50
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=600,
        gpu=GPU,
    params:
        code=code("pretrain"),
        network=STUDY.student.name,
        input_size=STUDY.student.input_size,
        recipe=section(STUDY.student.recipe),
        words=words("pretrain"),
        device=STUDY.device,
        state=f"{STATE}/pretrain",
    message:
        "Pre-train the student on rendered people"
    shell:
        script("pretrain")
        + " --training-set {input:q} --network {params.network}"
        + " --input-size {params.input_size} --recipe {params.recipe:q}"
        + " --words {params.words:q} --device {params.device} --code {params.code}"
        + " --state {params.state:q} --log {output.epochs:q} --output {output.weights:q} 2> {log:q}"
