"""A cluster of two nodes on one machine, from Debian's slurm-wlm and munge; needs root.

All that it writes is in one folder. Its munge has a key and a socket of its own, and its settings
are named by SLURM_CONF, not put into /etc/slurm. Snakemake drops that variable before it calls
`srun`, which is why `srun` is found in the folder as well.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun")
NODES = ("n1", "n2")
PATIENCE = 300
"""Seconds until what does not happen is a failure, even on a busy machine."""
# cred_expire is also how long a job of a node that died waits until it is run again.
SETTINGS = """\
ClusterName=lab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=20
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
PlugStackConfig={folder}/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory,CR_LLN
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=300
KillWait=2
SchedulerParameters=batch_sched_delay=1
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=DEFAULT CPUs=8 RealMemory=16000 Gres=gpu:1
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]}
PartitionName=main Nodes=ALL Default=YES DefaultTime=60
"""


def missing() -> str:
    """What keeps this machine from being a cluster; empty if nothing does."""
    if os.geteuid():
        return "a cluster of one's own needs root"
    if not all(map(shutil.which, PROGRAMS)):
        return "a cluster of one's own needs Debian's packages slurm-wlm and munge"
    return ""


class Cluster:
    """Its nodes n1 and n2 have eight cores and a card each; `environment` is for its users."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("state", "spool/n1", "spool/n2", "bin", "munge"):
            (folder / name).mkdir(parents=True)
        (folder / "munge").chmod(0o755)
        ports = _free_ports(3)
        host = socket.gethostname().partition(".")[0]
        settings = SETTINGS.format(folder=folder, host=host, ports=ports)
        self._settings = folder / "slurm.conf"
        self._settings.write_text(settings)
        (folder / "plugstack.conf").touch()
        (folder / "card0").touch()
        (folder / "gres.conf").write_text(f"NodeName=n[1-2] Name=gpu File={folder}/card0\n")
        srun = folder / "bin/srun"
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={self._settings} exec {shutil.which("srun")} "$@"\n'
        )
        srun.chmod(0o755)
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "SLURM_CONF": str(self._settings), "PATH": path}

    def start(self) -> None:
        munge = self._folder / "munge"
        (munge / "key").write_bytes(os.urandom(1024))
        (munge / "key").chmod(0o400)
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log"}
        files["seed-file"] = "seed"
        self._run("munged", "--force", *(f"--{key}={munge / name}" for key, name in files.items()))
        self._run("slurmctld")
        for node in NODES:
            self.start_node(node)
        self.wait(lambda: self.run("sinfo", "-hNt", "idle", "-o", "%N").split() == [*NODES])

    def stop(self) -> None:
        """End it, with all that uses it."""
        _kill(one for one in psutil.process_iter() if self._has(one))

    def start_node(self, node: str) -> None:
        self._run("slurmd", "-N", node)

    def kill_node(self, node: str) -> None:
        """As if its power failed: all that runs on it is gone at once."""
        daemon = psutil.Process(int((self._folder / f"slurmd.{node}.pid").read_text()))
        jobs = [one for one in psutil.process_iter() if self._has(one, node)]
        # First who would report that a job has ended.
        _kill([daemon, *filter(None, map(_manager, jobs)), *jobs])

    def give_up(self, node: str) -> None:
        """What Slurm does by itself when a node has not answered for SlurmdTimeout."""
        self.run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=died")

    def run(self, *command: str) -> str:
        """What a command of Slurm prints."""
        return self._run(*command).stdout

    def jobs(self, rule: str, states: str = "RUNNING") -> dict[str, str]:
        """The node of each job whose comment names `rule`, by the job's number."""
        rows = self.run("squeue", "-h", f"--states={states}", "-o", "%i|%k|%N").split("\n")
        found = [row.split("|") for row in rows if row]
        return {number: node for number, comment, node in found if rule in comment}

    def wait(self, until: Callable[[], object]) -> None:
        for _ in range(5 * PATIENCE):
            if until():
                return
            time.sleep(0.2)
        raise AssertionError((self._folder / "slurmctld.log").read_text()[-3000:])

    def _has(self, process: psutil.Process, node: str | None = None) -> bool:
        """Whether a process belongs to this cluster, or to a job on one of its nodes."""
        try:
            about = process.environ()
        except psutil.Error:
            return False
        here = about.get("SLURM_CONF") == str(self._settings)
        return here and node in (None, about.get("SLURMD_NODENAME"))

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _manager(process: psutil.Process) -> psutil.Process | None:
    """The process of Slurm's that started a job's, if it lives."""
    with suppress(psutil.NoSuchProcess):
        parent = process.parent()
        return parent if parent and parent.name() == "slurmstepd" else None
    return None


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on; another program may still take one before it is used."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
