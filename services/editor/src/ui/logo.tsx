interface Props {
  size?: number;
}

/** The mark of Alur: one flow from node to node. */
export function Logo({ size = 28 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <path
        d="M8 10.5h5c4 0 2 11 6 11h5"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
      <circle cx="8" cy="10.5" r="3" fill="#fff" />
      <circle cx="24" cy="21.5" r="3" fill="#a5f3fc" />
    </svg>
  );
}
