import type { CredentialReference } from '../../playground/src/n8nClient';
import type { SandboxProcess } from './sandboxProcess';
import type { WholeN8n } from './wholeN8n';

/** Where a rival runs: the same n8n and the same sandbox for all of them. */
export interface Place {
	n8n: WholeN8n;
	sandbox: SandboxProcess;
	/** Leads to the sandbox. */
	credential: CredentialReference;
	/** A folder for files; it goes at the end. */
	scratch: string;
}
