# One file for the paper's readers: results, selections, config, environment, checksums.


rule archive:
    input:
        PLAN.final_files(),
    output:
        PLAN.archive,
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
        code=code_digest("archive"),
        results=lambda wildcards: OUT,
        settings=json.dumps(STUDY.model_dump(mode="json", exclude={"name"})),
        sharing=as_json(sharing.sharing(STUDY)),
    message:
        f"Archive study {STUDY.name}"
    shell:
        script("archive")
        + " {output:q}"
        + " --results {params.results:q}"
        + " --settings {params.settings:q}"
        + " --sharing {params.sharing:q} 2> {log:q}"
