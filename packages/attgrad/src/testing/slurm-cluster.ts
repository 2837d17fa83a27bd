/** A SLURM cluster of two nodes on this machine, started by hand: no systemd, no cgroups. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo"];

/** Debian has the daemons where the path of a user may not lead. */
const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;

/** Why there can be no cluster here; "" where there can. */
export function whyNoSlurm(): string {
	if (process.getuid?.() !== 0) return "its daemons need root";
	const missing = programs.filter((program) => {
		try {
			execFileSync("sh", ["-c", `command -v ${program}`], { env: { ...process.env, PATH: path }, stdio: "ignore" });
			return false;
		} catch {
			return true;
		}
	});
	return missing.length > 0 ? `not installed: ${missing.join(", ")}` : "";
}

const nodeNames = ["n1", "n2"] as const;

export type NodeName = (typeof nodeNames)[number];

/** A cluster that runs. */
export interface SlurmCluster {
	/** Variables with which SLURM's commands find it. */
	readonly environment: Readonly<Record<string, string>>;
	/** Output of one of SLURM's commands. */
	ask(program: string, ...words: string[]): string;
	/** Takes a node away as a power cut does: its daemon and all of its jobs, by SIGKILL. */
	killNode(name: NodeName): void;
	/** Output of the daemons. */
	logs(): string;
	close(): Promise<void>;
}

/** Starts the daemons and waits until both nodes are idle. @param folder for all their files */
export async function startSlurm(folder: string): Promise<SlurmCluster> {
	const at = (name: string) => join(folder, name);
	for (const name of ["munge", "state", "log", ...nodeNames]) mkdirSync(at(name));
	writeFileSync(at("munge.key"), randomBytes(128), { mode: 0o400 });
	writeFileSync(at("slurm.conf"), configuration(folder, await freePorts(1 + nodeNames.length)));
	const environment = { ...process.env, PATH: path, SLURM_CONF: at("slurm.conf") } as Record<string, string>;
	const daemons = new Map<string, ChildProcess>();
	const start = (name: string, program: string, ...words: string[]) => {
		const child = spawn(program, words, { env: environment, stdio: "ignore", cwd: folder });
		child.on("error", () => {});
		daemons.set(name, child);
	};
	const socket = at("munge/socket");
	start(
		"munged",
		"munged",
		...["--foreground", "--force", `--key-file=${at("munge.key")}`, `--socket=${socket}`],
		...[`--pid-file=${at("munge/pid")}`, `--log-file=${at("log/munged.log")}`, `--seed-file=${at("munge/seed")}`],
	);
	await until(() => readdirSync(at("munge")).includes("socket"), "munged");
	start("slurmctld", "slurmctld", "-D", "-c", "-f", at("slurm.conf"));
	for (const name of nodeNames) start(name, "slurmd", "-D", "-N", name, "-f", at("slurm.conf"));
	const ask = (program: string, ...words: string[]) =>
		execFileSync(program, words, { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	const isIdle = () => {
		try {
			return ask("sinfo", "--noheader", "--Node", "--format=%T").trim() === nodeNames.map(() => "idle").join("\n");
		} catch {
			return false;
		}
	};
	const logs = () =>
		readdirSync(at("log"))
			.map((name) => `== ${name}\n${readFileSync(at(`log/${name}`), "utf8").slice(-2000)}`)
			.join("\n");
	const cluster: SlurmCluster = {
		environment,
		ask,
		logs,
		killNode(name) {
			const jobs = ask("squeue", "--noheader", "--array", `--nodelist=${name}`, "--format=%A").trim().split("\n");
			daemons.get(name)!.kill("SIGKILL");
			killAll((pid) => jobs.some((job) => textOf(pid, "cmdline").startsWith(`slurmstepd: [${job}.`)));
			killAll((pid) => textOf(pid, "environ").split("\0").includes(`SLURMD_NODENAME=${name}`));
		},
		async close() {
			for (const child of daemons.values()) child.kill("SIGTERM");
			await Promise.race([Promise.all([...daemons.values()].map(hasEnded)), pause(5000)]);
			// What is left of them, and of their jobs after a test that failed.
			killAll((pid) =>
				textOf(pid, "environ")
					.split("\0")
					.includes(`SLURM_CONF=${at("slurm.conf")}`),
			);
		},
	};
	try {
		await until(isIdle, "nodes");
	} catch (error) {
		await cluster.close();
		throw new Error(`${(error as Error).message}\n${logs()}`);
	}
	return cluster;
}

function configuration(folder: string, [control, ...ports]: readonly number[]): string {
	const at = (name: string) => join(folder, name);
	return [
		"ClusterName=attgrad",
		`SlurmctldHost=${hostname()}(127.0.0.1)`,
		`SlurmctldPort=${control}`,
		"SlurmUser=root",
		"SlurmdUser=root",
		"AuthType=auth/munge",
		`AuthInfo=socket=${at("munge/socket")}`,
		`StateSaveLocation=${at("state")}`,
		`SlurmdSpoolDir=${at("%n")}`,
		`SlurmctldPidFile=${at("slurmctld.pid")}`,
		`SlurmdPidFile=${at("slurmd-%n.pid")}`,
		`SlurmctldLogFile=${at("log/slurmctld.log")}`,
		`SlurmdLogFile=${at("log/slurmd-%n.log")}`,
		"ProctrackType=proctrack/linuxproc",
		"TaskPlugin=task/none",
		"JobAcctGatherType=jobacct_gather/none",
		"AccountingStorageType=accounting_storage/none",
		"SelectType=select/cons_tres",
		"SelectTypeParameters=CR_Core_Memory",
		"SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1",
		"MpiDefault=none",
		"SwitchType=switch/none",
		// A node that is silent for so many seconds is down.
		"SlurmdTimeout=10",
		// A busy machine may let a healthy node be silent for as long: it comes back when it answers.
		"ReturnToService=1",
		"KillWait=2",
		...nodeNames.map((name, i) => {
			const address = `NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${ports[i]}`;
			return `NodeName=${name} ${address} CPUs=1 RealMemory=3000`;
		}),
		`PartitionName=debug Nodes=${nodeNames.join(",")} Default=YES MaxTime=INFINITE State=UP`,
		"",
	].join("\n");
}

/** Ports that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer().listen(0, "127.0.0.1");
			await new Promise((resolve) => server.once("listening", resolve));
			return server;
		}),
	);
	const ports = servers.map((server) => (server.address() as { port: number }).port);
	for (const server of servers) server.close();
	return ports;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
	for (let tries = 0; tries < 150; tries++) {
		if (isSo()) return;
		await pause(200);
	}
	throw new Error(`slurm: the ${what} did not come up within 30 s`);
}

function killAll(isMeant: (pid: string) => boolean): void {
	for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
		if (isMeant(pid))
			try {
				process.kill(Number(pid), "SIGKILL");
			} catch {}
}

function textOf(pid: string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, "utf8");
	} catch {
		return "";
	}
}

function hasEnded(child: ChildProcess): Promise<unknown> {
	if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
	return new Promise((resolve) => child.once("exit", resolve));
}
