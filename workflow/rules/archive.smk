# One file for the paper's readers: results, selections, config, environment, checksums.


# It declares no output, so that a damaged or older archive is never taken for this one.
rule archive:
    input:
        PLAN.final_files(),
        PLAN.decisive_files(),
    log:
        f"{OUT}/logs/archive.log",
    localrule: True
    conda:
        "../../envs/workstation.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=60,
        gpu=0,
    params:
        archive=PLAN.archive,
        results=lambda wildcards: OUT,
        settings=json.dumps(STUDY.model_dump(mode="json", exclude={"name"})),
        sharing=as_json(sharing.sharing(STUDY)),
    message:
        f"Archive study {STUDY.name}"
    shell:
        script("archive")
        + " {params.archive:q}"
        + " --results {params.results:q}"
        + " --settings {params.settings:q}"
        + " --sharing {params.sharing:q} 2> {log:q}"
