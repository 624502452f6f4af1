// Whether the shopper sees what is pressed. A page cannot reach into what is shown, but it can move, dim or cover it, so
// that somebody presses it who meant to press something else.
import { CORNER } from "./look";

/** Presses sooner than this after the reminder came were meant for what lay there before, in milliseconds. */
const SETTLING = 600;

const EDGE = 16;
const WIDTH = 380;
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 2;

/** Of what the page must not have changed: of the host and of the page's root, whose looks the host shares. */
const PLAIN = { opacity: "1", visibility: "visible", transform: "none", filter: "none", clipPath: "none" } as const;

function isPlain(element: Element): boolean {
  const style = getComputedStyle(element) as unknown as Record<string, string>;
  return Object.entries(PLAIN).every(([name, value]) => style[name] === value);
}

/** In the corner where it was put, in its own size. */
function isInPlace(host: HTMLElement): boolean {
  const box = host.getBoundingClientRect();
  const { clientWidth } = document.documentElement;
  const beside = near(box.left, EDGE) || near(clientWidth - box.right, EDGE) || near(innerWidth - box.right, EDGE);
  return near(box.top, EDGE) && beside && near(box.width, Math.min(WIDTH, innerWidth - 2 * EDGE));
}

export class Sight {
  private readonly since = performance.now();
  private readonly style: string;
  private readonly covered = new Map<Element, boolean>();
  private readonly observer: IntersectionObserver;

  constructor(private readonly host: HTMLElement) {
    this.style = host.style.cssText;
    // Chromium also tells what lies over it without taking clicks. Others leave `isVisible` out.
    const told = (entries: (IntersectionObserverEntry & { isVisible?: boolean })[]): void => {
      for (const { target, isVisible } of entries) this.covered.set(target, isVisible === false);
    };
    this.observer = new IntersectionObserver(told, { threshold: [0, 1], trackVisibility: true, delay: 100 } as IntersectionObserverInit);
  }

  watch(button: HTMLElement): void {
    this.observer.observe(button);
  }

  end(): void {
    this.observer.disconnect();
  }

  /** Whether a press of the button may count. */
  allows(button: HTMLElement): boolean {
    const { host } = this;
    if (performance.now() - this.since < SETTLING || this.covered.get(button) === true) return false;
    if (host.parentNode !== document.documentElement || host.style.cssText !== this.style) return false;
    if (!isPlain(host) || !isPlain(document.documentElement) || getComputedStyle(host).position !== CORNER["position"]) return false;
    const box = button.getBoundingClientRect();
    return isInPlace(host) && document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === host;
  }
}
