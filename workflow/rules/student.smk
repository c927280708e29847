# The student: a checkpoint that is given, or pre-training on rendered people or on COCO's.

if STUDY.student.checkpoint:

    rule import_checkpoint:
        input:
            str(STUDY.student.checkpoint),
        output:
            PLAN.student,
        log:
            f"{OUT}/logs/import_checkpoint.log",
        localrule: True
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=10,
            gpu=0,
        params:
            code=code_digest("import_checkpoint"),
            network=STUDY.student.name,
            input_size=STUDY.student.input_size,
        message:
            "Take the student from {input}"
        shell:
            script("import_checkpoint")
            + " --checkpoint {input:q}"
            + " --network {params.network}"
            + " --input-size {params.input_size}"
            + " --output {output:q} 2> {log:q}"

else:

    rule pretrain:
        input:
            # Nothing is trained before the frames are known to do; they decide nothing of it.
            ancient(PLAN.fitting_files()),
            # A corrected validation set trains nothing again: it decides no number of the study.
            **{
                name: ancient(file) if name == "validation" else file
                for name, file in PLAN.pretrain_inputs().items()
            },
        output:
            weights=PLAN.student,
            best=(
                [f"{OUT}/student/{PLAN.of_student}best.pt"]
                if STUDY.student.validation
                else []
            ),
            epochs=f"{OUT}/student/{PLAN.of_student}epochs.csv",
        log:
            f"{OUT}/logs/{PLAN.of_student}pretrain.log",
        benchmark:
            f"{OUT}/benchmarks/{PLAN.of_student}pretrain.tsv"
        priority: 50
        conda:
            "../../envs/workstation.yaml"
        threads: 1 + STUDY.workers
        resources:
            mem_mb=2000 + 1000 * STUDY.workers,
            runtime=600,
            gpu=GPU,
        params:
            code=code_digest("pretrain"),
            network=STUDY.student.name,
            input_size=STUDY.student.input_size,
            recipe=as_json(STUDY.student.recipe),
            words=lambda wildcards: PLAN.seed_words("pretrain", *wildcards),
            device=STUDY.device,
            state=lambda wildcards: f"{PLAN.state}/{'-'.join(['pretrain', *wildcards])}",
            more=lambda wildcards: PLAN.pretrain_options(wildcards),
        message:
            "Pre-train the student {output.weights}"
        shell:
            script("pretrain")
            + " --training-set {input.training_set:q}"
            + " --of student"
            + " --network {params.network}"
            + " --input-size {params.input_size}"
            + " --recipe {params.recipe:q}"
            + " --words {params.words:q}"
            + " --device {params.device}"
            + " --code {params.code}"
            + " --state {params.state:q}"
            + " --log {output.epochs:q}"
            + " --workers $(({threads} - 1))"
            + " {params.more:q}"
            + " --output {output.weights:q} 2> {log:q}"


if STUDY.student.validation:

    rule average_precision:
        input:
            **PLAN.validation_record(),
            annotations=str(STUDY.student.validation.annotations),
            images=str(STUDY.student.validation.images),
            checkpoint=PLAN.student,
        output:
            f"{OUT}/student/{PLAN.of_student}average_precision.json",
        log:
            f"{OUT}/logs/{PLAN.of_student}average_precision.log",
        benchmark:
            f"{OUT}/benchmarks/{PLAN.of_student}average_precision.tsv"
        conda:
            "../../envs/workstation.yaml"
        threads: 1
        resources:
            mem_mb=3000,
            runtime=120,
            gpu=GPU,
        params:
            code=code_digest("average_precision"),
            device=STUDY.device,
            validated=option("validated"),
            epochs=option("epochs"),
        message:
            "Measure the pre-trained student's average precision"
        shell:
            script("average_precision")
            + " --annotations {input.annotations:q}"
            + " --images {input.images:q}"
            + " --checkpoint {input.checkpoint:q}"
            + " --device {params.device}"
            + " {params.validated:q} {params.epochs:q}"
            + " --output {output:q} 2> {log:q}"
