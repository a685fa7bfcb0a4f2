import { Button, Group, Modal, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  isOpen: boolean;
  title: string;
  text: string;
  action: string;
  cancel?: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Ask before something that cannot be undone. */
export function Confirm({ isOpen, title, text, action, cancel, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  const confirm = () => {
    onConfirm();
    onClose();
  };
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <Text size="sm">{text}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          {cancel ?? t("app.cancel")}
        </Button>
        <Button color="red" onClick={confirm}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
