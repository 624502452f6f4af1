// What came of an activation, in words.
import type { Problem, State } from "./decision";
import { clock } from "./text";
import type { Words } from "./text";

/** "Activated" is said only where the whole way was seen and the service has the click. */
export function outcome(state: State, say: Words): { good: boolean; text: string } | null {
  const { activation, problem, phase } = state;
  if (problem !== null) return { good: false, text: problemText(problem, say) };
  if (phase !== "activated" || activation === null || activation.landed === null || activation.click === null) return null;
  return { good: true, text: say.say("activated_at", clock(activation.click.at, say.language)) };
}

export function problemText(problem: Problem, say: Words): string {
  switch (problem.kind) {
    case "blocked":
      return problem.host === null ? say.say("problem_blocked_unknown") : say.say("problem_blocked", problem.host);
    case "not-seen":
      return say.say("problem_not_seen");
    case "not-recorded":
      return say.say("problem_not_recorded");
  }
}
