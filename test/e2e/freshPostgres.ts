/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import getPort from 'get-port';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { NewCredential } from '../../playground/src/n8nClient';
import { runCommand, startGroup } from '../../playground/src/processGroup';

/** Where Debian and Ubuntu have the programs of each version of Postgres. */
const VERSIONS = '/usr/lib/postgresql';
/** Postgres does not run as root; Debian's package creates this user for it. */
const UNPRIVILEGED = 'postgres';
const LOOPBACK = '127.0.0.1';
const OPERATOR = { user: 'operator', password: 'Playground1', database: 'postgres' };
const START_MS = 60_000;
const LOOK_MS = 200;

/** A Postgres that leaves no data after it stops. */
export interface FreshPostgres {
	/** The credential for n8n. */
	credential: NewCredential;
	/** Runs a file of SQL statements. */
	runFile(file: string): Promise<void>;
	/** Runs SQL and returns its output as text. */
	query(sql: string): Promise<string>;
	stop(): Promise<void>;
}

/**
 * Starts a Postgres on loopback, in a temporary folder.
 *
 * @throws {Error} if it is not installed or does not start.
 */
export async function startFreshPostgres(): Promise<FreshPostgres> {
	const programs = await programsOfPostgres();
	const folder = await mkdtemp(path.join(os.tmpdir(), 'postgres-'));
	const data = path.join(folder, 'data');
	const passwordFile = path.join(folder, 'password');
	const as =
		process.getuid?.() === 0
			? ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups']
			: [];
	const commandOf = (program: string, args: readonly string[]): [string, string[]] => {
		const [command = '', ...rest] = [...as, path.join(programs, program), ...args];
		return [command, rest];
	};
	const discard = async (): Promise<void> => await rm(folder, { recursive: true, force: true });

	const port = await getPort({ host: LOOPBACK });
	const lines: string[] = [];
	try {
		await writeFile(passwordFile, OPERATOR.password);
		if (as.length > 0) await runCommand('chown', ['-R', UNPRIVILEGED, folder], { cwd: '/' });
		await chmod(folder, 0o700);
		await runCommand(
			...commandOf('initdb', [
				`--pgdata=${data}`,
				`--username=${OPERATOR.user}`,
				`--pwfile=${passwordFile}`,
				'--auth=scram-sha-256',
				'--encoding=UTF8',
				'--no-locale',
				'--no-sync',
			]),
			{ cwd: '/' },
		);
	} catch (error) {
		await discard();
		throw error;
	}
	const settings = {
		listen_addresses: LOOPBACK,
		unix_socket_directories: folder,
		fsync: 'off',
	};
	const server = startGroup(
		...commandOf('postgres', [
			'-D',
			data,
			'-p',
			String(port),
			...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
		]),
		{ cwd: '/', output: (line) => lines.push(line) },
	);
	const stop = async (): Promise<void> => {
		await server.stop();
		await discard();
	};

	const psql = async (...args: string[]): Promise<string> =>
		await runCommand(
			path.join(programs, 'psql'),
			[
				`--host=${LOOPBACK}`,
				`--port=${port}`,
				`--username=${OPERATOR.user}`,
				`--dbname=${OPERATOR.database}`,
				'--no-psqlrc',
				'--quiet',
				'--tuples-only',
				'--no-align',
				'--set=ON_ERROR_STOP=1',
				...args,
			],
			{ cwd: '/', env: { ...process.env, PGPASSWORD: OPERATOR.password } },
		);
	let isOver = false;
	void server.ended.then(() => {
		isOver = true;
	});
	const deadline = Date.now() + START_MS;
	while (!lines.some((line) => line.includes('ready to accept connections'))) {
		if (isOver || Date.now() > deadline) {
			await stop();
			throw new Error(['Postgres did not start:', ...lines].join('\n'));
		}
		await wait(LOOK_MS);
	}
	return {
		credential: {
			name: 'Fresh Postgres',
			type: 'postgres',
			data: { host: LOOPBACK, port, ...OPERATOR, ssl: 'disable' },
		},
		runFile: async (file) => void (await psql(`--file=${file}`)),
		query: async (sql) => await psql(`--command=${sql}`),
		stop,
	};
}

/** Where the programs of the latest version of Postgres are. */
async function programsOfPostgres(): Promise<string> {
	const versions = await readdir(VERSIONS).catch((): string[] => []);
	for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
		const programs = path.join(VERSIONS, version, 'bin');
		const names = await readdir(programs).catch((): string[] => []);
		if (names.includes('initdb') && names.includes('psql')) return programs;
	}
	throw new Error(
		`No Postgres is installed: there is no initdb in ${VERSIONS}/*/bin. Install the Debian package "postgresql", as .ci/run does.`,
	);
}
