/** Under this name the parameters of a custom zod issue carry the code of the fault it becomes. */
export const FAULT_PARAM = 'fault';
