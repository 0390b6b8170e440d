import { z } from 'zod';

/** What the script is to do. */
export const taskSchema = z.object({
	url: z.string(),
	token: z.string(),
	inFlight: z.number().int(),
	items: z.array(z.object({ id: z.string(), program: z.string() })),
});
export type ScriptTask = z.infer<typeof taskSchema>;

/** What the script says it took, its own start not counted. */
export const takenSchema = z.object({ seconds: z.number(), processorSeconds: z.number() });
